"""The models that commands work with."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genrepair_desktop.registry.device import DeviceName
    from genrepair_desktop.registry.loader import ModelLoader


def model_loader(device: "DeviceName" = "auto") -> "ModelLoader":
    """What gives methods their networks. Cheap: nothing is loaded before a method asks.

    A function of a module, so that a batch can hand it to its worker processes by name.
    """
    from genrepair_desktop.registry.loader import ModelLoader
    from genrepair_desktop.registry.store import ModelStore

    return ModelLoader(ModelStore.installed(), device)
