import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from genrepair_desktop.files import OpenError
from genrepair_desktop.networks.build import NetworkConfigError, build
from genrepair_desktop.networks.restore_unet import RestoreUNet
from genrepair_desktop.networks.upscale_net import UpscaleNet
from genrepair_desktop.registry.card import CARD_FILE, WEIGHTS_FILE, CardError
from genrepair_desktop.registry.device import DeviceError, choose_device
from genrepair_desktop.registry.inference import SLOW_FORMAT, NetworkFailedError, run_network
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from tests.tiny_models import small_network, write_model


def loader(folder: Path, limit: int = 2**30) -> ModelLoader:
    return ModelLoader(ModelStore([folder.parent]), "cpu", limit)


def rewrite(folder: Path, content: bytes) -> None:
    """Other weights with a card that vouches for their bytes, but not for what is in them."""
    (folder / WEIGHTS_FILE).write_bytes(content)
    values = json.loads((folder / CARD_FILE).read_text())
    values["weights"] |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    (folder / CARD_FILE).write_text(json.dumps(values))


def test_a_loaded_network_computes_what_the_saved_one_did(model_folder: Path) -> None:
    network = loader(model_folder).load("fill-test").float()
    start, mask = torch.rand(1, 3, 21, 30), (torch.rand(1, 1, 21, 30) > 0.5).float()
    with torch.no_grad():
        wanted = small_network().half().float()(start, mask)
        # The number format of the device may be bfloat16, of 8 bits
        assert torch.allclose(network(start, mask), wanted, atol=0.02)
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


def test_the_second_load_gives_the_same_object_until_it_is_forgotten(model_folder: Path) -> None:
    models = loader(model_folder)
    first = models.load("fill-test")
    assert models.load("fill-test") is first
    models.clear()
    assert models.load("fill-test") is not first


def test_the_memory_limit_forgets_what_was_used_longest_ago(model_folder: Path) -> None:
    for name in ("b", "c"):
        write_model(model_folder.parent / name, model_id=name)
    size = sum(p.numel() for p in small_network().parameters()) * 4
    models = loader(model_folder, limit=int(size * 2.5) if not choose_device("cpu").has_bf16 else int(size * 1.25))
    first, second = models.load("fill-test"), models.load("b")
    models.load("c")
    assert models.load("b") is second
    assert models.load("fill-test") is not first


def test_changed_weights_are_refused(model_folder: Path) -> None:
    content = bytearray((model_folder / WEIGHTS_FILE).read_bytes())
    content[-1] ^= 1
    (model_folder / WEIGHTS_FILE).write_bytes(bytes(content))
    with pytest.raises(CardError, match="not what its card says"):
        loader(model_folder).load("fill-test")


def test_longer_weights_are_refused_before_they_are_read(model_folder: Path) -> None:
    with (model_folder / WEIGHTS_FILE).open("ab") as file:
        file.truncate(2**31)
    with pytest.raises(OpenError, match="limit"):
        loader(model_folder).load("fill-test")


def test_a_pickle_is_refused_and_never_run(model_folder: Path, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "trapped",)

    size = (model_folder / WEIGHTS_FILE).stat().st_size
    rewrite(model_folder, pickle.dumps(Trap()).ljust(size, b"\0"))
    with pytest.raises(CardError, match="not a safetensors file"):
        loader(model_folder).load("fill-test")
    assert not (tmp_path / "trapped").exists()


def test_tensors_the_card_does_not_list_are_refused(model_folder: Path) -> None:
    tensors = load_file(model_folder / WEIGHTS_FILE)
    rewrite(model_folder, save({**tensors, "extra": torch.zeros(1).half()}))
    with pytest.raises(CardError, match="other tensors"):
        loader(model_folder).load("fill-test")


def test_numbers_that_are_not_finite_are_refused(model_folder: Path) -> None:
    tensors = load_file(model_folder / WEIGHTS_FILE)
    name = next(iter(tensors))
    tensors[name].view(-1)[0] = float("nan")
    rewrite(model_folder, save(tensors))
    with pytest.raises(CardError, match="not finite"):
        loader(model_folder).load("fill-test")


def test_weights_of_another_size_than_the_config_are_refused(model_folder: Path) -> None:
    values = json.loads((model_folder / CARD_FILE).read_text())
    values["config"]["widths"] = [8, 8, 32]
    (model_folder / CARD_FILE).write_text(json.dumps(values))
    with pytest.raises(CardError, match="do not fit the network"):
        loader(model_folder).load("fill-test")


def test_a_config_asking_for_a_huge_network_costs_no_memory(model_folder: Path) -> None:
    values = json.loads((model_folder / CARD_FILE).read_text())
    values["config"]["widths"] = [8, 8, 4096]
    (model_folder / CARD_FILE).write_text(json.dumps(values))
    with pytest.raises(CardError, match="do not fit"):
        loader(model_folder).load("fill-test")


@pytest.mark.parametrize("config", [{"network": "unknown"}, {}, {"network": "fill-unet", "colour": 1}])
def test_a_config_of_no_known_network_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(NetworkConfigError):
        build(config)


def test_a_missing_device_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("this computer has one")
    with pytest.raises(DeviceError, match="cuda"):
        choose_device("cuda")
    assert choose_device("auto").name in ("cpu", "mps")


class Answers(torch.nn.Module):
    """A network that returns what it is told, by number format."""

    def __init__(self, usual: float, in_float32: float) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.bfloat16))
        self._usual, self._again = usual, in_float32

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        value = self._usual if self.weight.dtype == torch.bfloat16 else self._again
        return torch.full_like(picture, value)


def test_a_failed_answer_is_computed_again_in_float32() -> None:
    picture = np.zeros((4, 5, 3), np.float32)
    for bad in (float("nan"), float("inf"), 7.0, -3.0):
        told: list[str] = []
        assert (run_network(Answers(bad, 0.25), [picture], tell=told.append) == 0.25).all()
        assert told == [SLOW_FORMAT]
    told = []
    assert (run_network(Answers(1.1, 0), [picture], tell=told.append) == 1).all()
    assert told == []


def test_one_even_colour_is_no_answer_to_a_picture_that_has_more() -> None:
    lively = np.random.default_rng(0).random((4, 5, 3), np.float32)
    with pytest.raises(NetworkFailedError, match="no valid picture"):
        run_network(Answers(0.5, 0.25), [lively])
    # of a map with one channel it is: nothing is damaged anywhere
    assert (run_network(Answers(0.0, 0.0), [lively[..., :1]]) == 0).all()


def test_an_answer_that_stays_wrong_is_an_error() -> None:
    with pytest.raises(NetworkFailedError, match="no valid picture"):
        run_network(Answers(float("nan"), float("inf")), [np.zeros((4, 4, 3), np.float32)])


def test_arrays_go_in_and_come_out_in_picture_order(model_folder: Path) -> None:
    rng = np.random.default_rng(0)
    start, mask = rng.random((13, 22, 3), np.float32), np.zeros((13, 22, 1), np.float32)
    answer = run_network(loader(model_folder).load("fill-test"), [start, mask])
    # Nothing to fill: the start comes back
    assert np.array_equal(answer, start)


def test_another_function_of_the_network_may_be_called() -> None:
    network = RestoreUNet((8, 8, 16), (1, 1), (1,)).eval()
    picture = np.full((9, 11, 3), 0.5, np.float32)
    answer = run_network(network, [picture], method="with_map")
    assert answer.shape == (9, 11, 4)
    assert np.array_equal(answer[..., :3], run_network(network, [picture]))


def test_a_scale_goes_in_as_an_array_of_one() -> None:
    small = np.full((6, 7, 3), 0.5, np.float32)
    answer = run_network(UpscaleNet(8, 1).eval(), [small, np.full((1, 1, 1), 4, np.float32)])
    assert answer.shape == (24, 28, 3)
