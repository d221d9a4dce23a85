"""Networks that are made only to be filled."""

import subprocess
import sys

import torch

from genrepair_desktop.networks.build import build
from genrepair_desktop.registry.blank import blank_networks
from tests.tiny_models import CONFIGS

_SCRIPT = """
import sys
from genrepair_desktop.networks.build import build
from genrepair_desktop.registry.blank import blank_networks
from tests.tiny_models import CONFIGS
with blank_networks():
    for name, config in CONFIGS.items():
        build({"network": name, **config})
print(sorted({"torch._dynamo", "torch._inductor"} & set(sys.modules)))
"""


def test_a_blank_network_has_the_shapes_of_the_real_one_and_no_values() -> None:
    for name, config in CONFIGS.items():
        real = build({"network": name, **config})
        with blank_networks():
            blank = build({"network": name, **config})
        shapes = {key: value.shape for key, value in blank.state_dict().items()}
        assert shapes == {key: value.shape for key, value in real.state_dict().items()}
        assert all(parameter.is_meta for parameter in blank.parameters())
    assert not torch.zeros(1).is_meta


def test_making_one_does_not_import_the_compiler_of_torch() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
