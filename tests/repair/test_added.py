"""Other people's models: added from a file, then a method like any other, run on a picture."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from genrepair_desktop.errors import RepairFailedError, UnknownMethodError
from genrepair_desktop.generate.faces import find_faces
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.networks.foreign import SpandrelNetwork
from genrepair_desktop.paths import user_models_dir
from genrepair_desktop.registry import added
from genrepair_desktop.registry.added import ConsentNeededError, add_model, remove_model
from genrepair_desktop.registry.card import CardError, ModelCard
from genrepair_desktop.registry.foreign import ForeignModelError
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair import added as methods
from genrepair_desktop.repair.catalog import METHODS, all_methods, find_method, reserved_ids
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.record import models_used
from genrepair_desktop.repair.request import RepairResult
from tests.foreign_models import ARCHITECTURES, convert_here, weights_of, write_checkpoint, write_program
from tests.shell import picture, scratch

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of the test's own, and conversions without the start of a process for each."""

    monkeypatch.setenv("GENREPAIR_DATA", str(tmp_path / "user"))
    monkeypatch.setattr(added, "_convert", convert_here)


def repaired(method: str, *, size: tuple[int, int] = (72, 88), mask: np.ndarray | None = None) -> RepairResult:
    request = prepare(picture(size=size), mask, Recipe(method))
    return run(request, RunContext(), ModelLoader(ModelStore.installed(), "cpu"))


def add(tmp_path: Path, name: str, suffix: str = ".safetensors") -> ModelCard:
    return add_model(write_checkpoint(tmp_path / f"My {name} 1{suffix}", weights_of(name)))


@pytest.mark.parametrize("name", [name for name in ARCHITECTURES if name != "LaMa"])
def test_an_added_model_is_a_method_at_once(name: str, tmp_path: Path) -> None:
    kind, scale = ARCHITECTURES[name][1:]
    card = add(tmp_path, name, ".safetensors" if name == "NAFNet" else ".pth")
    spec = find_method(card.id)
    assert (card.id, card.kind) == (f"my-{name.lower()}-1", kind)
    assert card.config["architecture"] == name
    assert list(all_methods()) == [*METHODS, card.id]
    result = repaired(card.id)
    if scale > 1:
        assert spec.task == "enlarge"
        assert result.replacement is not None
        assert result.replacement.shape == (72 * scale, 88 * scale, 3)
    else:
        assert spec.task == "restore"
        assert result.changed > 0
    assert models_used(result, lambda model: ModelStore.installed().get(model).card.weights.sha256) == {
        card.id: card.weights.sha256
    }


def test_an_added_fill_fills_only_what_is_marked(tmp_path: Path) -> None:
    card = add_model(
        write_checkpoint(tmp_path / "big-lama.safetensors", {k: v.half() for k, v in weights_of("LaMa").items()})
    )
    mask = scratch((72, 88))
    result = repaired(card.id, mask=mask)
    before = picture(size=(72, 88))
    assert {hole.note for hole in result.holes} == {""}
    assert 0 < result.changed <= np.count_nonzero(mask)
    for rect, piece in result.pieces:
        known = mask[rect.slices] == 0
        assert np.array_equal(piece[known], before[rect.slices][known])


def test_its_card_says_where_it_came_from(tmp_path: Path) -> None:
    card = add(tmp_path, "Compact")
    written = json.loads((user_models_dir() / card.id / "card.json").read_text())
    assert written["training"]["added from"] == "My Compact 1.safetensors"
    assert len(written["training"]["sha256 of that file"]) == 64
    assert written["config"]["scale"] == 2
    assert "times larger" in card.summary


def test_a_large_picture_is_done_in_tiles_that_fit(tmp_path: Path) -> None:
    card = add(tmp_path, "DnCNN")
    whole = repaired(card.id, size=(300, 400)).pieces[0][1]
    network = ModelLoader(ModelStore.installed(), "cpu").load(card.id)
    plane = torch.from_numpy(picture(size=(300, 400)).astype(np.float32) / 255).permute(2, 0, 1)[None]
    with torch.inference_mode():
        at_once = network(plane)[0].permute(1, 2, 0).numpy()
    # receptive field of 19 pixels, 32 shared: tiles show nowhere
    assert np.abs(whole - at_once * 255).max() < 0.51


def test_memory_that_runs_out_halves_the_tiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = add(tmp_path, "Compact")
    sides: list[int] = []
    forward = SpandrelNetwork.forward

    def short_of_memory(self: SpandrelNetwork, *planes: torch.Tensor) -> torch.Tensor:
        sides.append(max(planes[0].shape[-2:]))
        if sides[-1] > 130:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return forward(self, *planes)

    monkeypatch.setattr(SpandrelNetwork, "forward", short_of_memory)
    result = repaired(card.id, size=(120, 160))
    assert result.replacement is not None
    assert sides[0] == 160
    assert max(sides[1:]) == 128


def test_a_fill_short_of_memory_works_at_half_the_size(tmp_path: Path) -> None:
    class Small:
        sides: list[int] = []  # noqa: RUF012  seen by one test

        def parameters(self) -> Iterator[torch.Tensor]:
            yield torch.zeros(1)

        def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            self.sides.append(image.shape[-1])
            if image.shape[-1] > 100:
                raise RuntimeError("not enough memory: you tried to allocate 9 bytes.")
            return image + 0.5 * mask

    mask = np.zeros((160, 160), np.bool_)
    mask[60:100, 60:100] = True
    filled = methods._filled(Small(), np.full((160, 160, 3), 0.5, np.float32), mask)
    assert Small.sides == [160, 80]
    assert filled.shape == (160, 160, 3)
    assert np.allclose(filled[70:90, 70:90], 0.5, atol=0.05)


def test_a_cancel_is_heard_inside_the_network_and_progress_comes_from_there(tmp_path: Path) -> None:
    card = add(tmp_path, "NAFNet")
    models = ModelLoader(ModelStore.installed(), "cpu")
    request = prepare(picture(size=(72, 88)), None, Recipe(card.id))
    seen: list[float] = []
    run(request, RunContext(on_progress=lambda fraction, stage: seen.append(fraction)), models)
    assert seen == sorted(seen)
    assert len([fraction for fraction in seen if 0.1 < fraction < 0.9]) > 10
    token = CancelToken()
    heard: list[float] = []

    def cancel_in_the_middle(fraction: float, stage: str) -> None:
        heard.append(fraction)
        if fraction > 0.3:
            token.cancel()

    with pytest.raises(Cancelled):
        run(request, RunContext(token=token, on_progress=cancel_in_the_middle), models)
    assert max(heard) < 0.5
    # the network is as it was: nothing looks on any more
    assert not any(layer._forward_pre_hooks for layer in models.load(card.id).modules())


@pytest.mark.parametrize("answer", [float("nan"), 0.25])
def test_a_network_that_gives_no_picture_is_refused(
    answer: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = add(tmp_path, "NAFNet")

    class Broken(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def forward(self, image: torch.Tensor, *masks: torch.Tensor) -> torch.Tensor:
            return torch.full_like(image, answer)

    monkeypatch.setattr(ModelLoader, "load", lambda self, model_id: Broken())
    with pytest.raises(RepairFailedError):
        repaired(card.id)
    # a fill goes on with the pipeline's smooth filling, and says so
    monkeypatch.setattr(methods, "added_cards", lambda: {"odd": with_kind(card, "odd", "fill")})
    result = repaired("odd", mask=scratch((72, 88)))
    assert {hole.note for hole in result.holes} == {"not-finite"}


def with_kind(card: ModelCard, model_id: str, kind: str) -> ModelCard:
    return ModelCard(**{**card.__dict__, "id": model_id, "kind": kind})


def test_a_face_restorer_changes_faces_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from skimage import data

    card = add(tmp_path, "NAFNet")
    monkeypatch.setattr(methods, "added_cards", lambda: {card.id: with_kind(card, card.id, "face")})
    photo = cv2.resize(data.astronaut(), (256, 256), interpolation=cv2.INTER_AREA)
    models = ModelLoader(ModelStore.installed(), "cpu")
    result = run(prepare(photo, None, Recipe(card.id)), RunContext(), models)
    (face, *_) = find_faces(photo.astype(np.float32) / 255)
    changed = (result.pieces[0][1] != photo).any(axis=2)
    inside = face.intersect(Rect.of_shape(photo.shape))
    assert changed[inside.slices].mean() > 0.3
    changed[inside.slices] = False
    assert not changed.any()
    with pytest.raises(RepairFailedError, match="No face"):
        run(prepare(picture(), None, Recipe(card.id)), RunContext(), models)


def test_a_program_needs_consent_and_then_fills(tmp_path: Path) -> None:
    path = write_program(tmp_path / "lama-like.pt")
    with pytest.raises(ConsentNeededError, match="is a program"):
        add_model(path)
    assert not user_models_dir().exists()
    card = add_model(path, consent=True)
    assert card.weights_file == "program.pt"
    result = repaired(card.id, mask=scratch((72, 88)))
    assert {hole.note for hole in result.holes} == {""}
    assert result.changed > 0


def test_a_program_changed_since_consent_is_not_run(tmp_path: Path) -> None:
    card = add_model(write_program(tmp_path / "lama-like.pt"), consent=True)
    kept = user_models_dir() / card.id / card.weights_file
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(bytes(content))
    with pytest.raises(CardError, match="not what its card says"):
        ModelLoader(ModelStore.installed(), "cpu").load(card.id)


def test_weights_of_no_known_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises((ForeignModelError, CardError), match="no known kind of network"):
        add_model(write_checkpoint(tmp_path / "odd.safetensors", {"odd.weight": torch.zeros(3, 4)}))
    assert list(user_models_dir().iterdir()) == []


def test_weights_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    weights = weights_of("Compact")
    next(iter(weights.values()))[0] = torch.nan
    with pytest.raises(CardError, match="not finite"):
        add_model(write_checkpoint(tmp_path / "nan.safetensors", weights))


def test_names_are_free_and_a_file_is_added_once(tmp_path: Path) -> None:
    weights = weights_of("Compact")
    path = write_checkpoint(tmp_path / "telea.safetensors", weights)
    assert add_model(path, taken=METHODS).id == "telea-2"
    with pytest.raises(ForeignModelError, match="here already, as telea-2"):
        add_model(path, name="other")
    other = write_checkpoint(tmp_path / "other.pth", weights)
    for name in ("telea-2", "auto", "No Spaces", "../up"):
        with pytest.raises(added.ModelNameError):
            add_model(other, name=name, taken=METHODS)
    assert add_model(other, name="mine", taken=METHODS).id == "mine"


def test_a_model_cannot_take_the_name_of_one_that_a_method_works_with(tmp_path: Path) -> None:
    file = write_checkpoint(tmp_path / "Fill GAN.pth", weights_of("Compact"))
    assert {"fill-gan", "cnn", "detect"} <= reserved_ids()
    assert add_model(file, taken=reserved_ids()).id == "fill-gan-2"


def test_a_removed_model_is_no_method_any_more(tmp_path: Path) -> None:
    card = add(tmp_path, "Compact")
    assert not remove_model(card.id)
    with pytest.raises(UnknownMethodError):
        find_method(card.id)
    with pytest.raises(added.ModelNameError, match="you have: none"):
        remove_model(card.id)
    with pytest.raises(added.ModelNameError):
        remove_model("..")
