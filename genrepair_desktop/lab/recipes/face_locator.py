"""Recipe of the network that finds the face around a hole: see ``lab.face_views`` for what it is shown."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genrepair_desktop.generate.face_locator import SURE
from genrepair_desktop.lab.datasets import Bytes, CropSource
from genrepair_desktop.lab.face_views import FaceView, draw_views, pictures_of
from genrepair_desktop.lab.recipe import Arrays, Batch, Loss, Networks, Settings, to_planes
from genrepair_desktop.lab.sheets import contact_sheet
from genrepair_desktop.networks.face_locator import FaceLocator

# A tenth of a face's side off is a tenth in the loss, and beyond it errors count in proportion
_SMALL_ERROR = 0.1
_PLACE_WEIGHT = 2.0
_HELD_OUT = 400
_ALIKE = 0.5


@dataclass(frozen=True)
class LocatorShape:
    """The network's size, as ``FaceLocator`` takes it."""

    side: int = 64
    width: int = 20
    levels: int = 3
    widest: int = 96
    features: int = 64


@dataclass(frozen=True)
class LocatorRecipe:
    """Is there a face in the view, and where."""

    id: str = "face-locator"
    shape: LocatorShape = field(default_factory=LocatorShape)
    settings: Settings = field(default_factory=lambda: Settings(batch_size=48, warmup_steps=60, ema=0.99))

    @property
    def config(self) -> dict[str, Any]:
        return {"network": "face-locator", **asdict(self.shape)}

    def networks(self) -> Networks:
        return {"net": FaceLocator(**asdict(self.shape))}

    def batch(self, source: CropSource, rng: np.random.Generator) -> Arrays:
        return arrays_of(draw_views(pictures_of(source), self.settings.batch_size, self.shape.side, rng))

    def losses(self, nets: Networks, batch: Batch, step: int) -> Iterator[Loss]:
        net = nets["net"]
        assert isinstance(net, FaceLocator)
        views = to_planes(batch["view"])
        with torch.autocast(views.device.type, dtype=torch.bfloat16):
            features = net.features(views)
        answers = net.answers(features.float())
        entropy, place = errors(answers, batch["place"], batch["odds"])
        yield Loss("net", entropy + _PLACE_WEIGHT * place, {"entropy": entropy, "place": place})

    def validate(self, net: nn.Module, source: CropSource) -> dict[str, float]:
        """On held-out views: the share of faces found in their place, and of others where one is seen."""
        views = draw_views(pictures_of(source), _HELD_OUT, self.shape.side, np.random.default_rng(7))
        batch = {k: torch.from_numpy(v) for k, v in arrays_of(views).items()}
        device = next(net.parameters()).device
        answers = torch.cat([net(some.to(device)).cpu() for some in to_planes(batch["view"]).split(100)])
        is_sure = torch.sigmoid(answers[:, 0]) >= SURE
        alike = overlaps(answers[:, 1:], batch["place"]) > _ALIKE
        has, lacks = batch["odds"] == 1, batch["odds"] == 0
        found, wrong = _share(is_sure & alike, has), _share(is_sure, lacks)
        return {"score": found - wrong, "found": found, "false": wrong, "placed": _share(alike, has)}

    def sheet(self, net: nn.Module, batch: Batch) -> Bytes:
        """Views, the truth and the answer: squares in white on the view."""
        planes = to_planes(batch["view"])[:16]
        answers = net(planes)
        grey = planes[:, :1]
        odds = batch["odds"][:16] == 1
        truth = _outlined(grey, batch["place"][:16], odds)
        return contact_sheet([grey, planes[:, 1:], truth, _outlined(grey, answers[:, 1:], answers[:, 0] > 0)], rows=16)


def arrays_of(views: list[FaceView]) -> Arrays:
    """Views as a batch: "view" uint8 (n, side, side, 2), "place" (n, 3), "odds" (n,)."""
    return {
        "view": np.rint(np.stack([v.view for v in views]) * 255).astype(np.uint8),
        "place": np.array([v.place for v in views], np.float32),
        "odds": np.array([v.odds for v in views], np.int64),
    }


def errors(answers: Tensor, place: Tensor, odds: Tensor) -> tuple[Tensor, Tensor]:
    """Cross entropy where an answer is right or wrong, and the mean error of the places of faces, in faces' sides."""
    counted, has = (odds >= 0).float(), (odds == 1).float()
    entropy = F.binary_cross_entropy_with_logits(answers[:, 0], has, counted, reduction="sum") / counted.sum().clamp(1)
    scale = torch.cat([place[:, 2:].neg().exp().expand(-1, 2), torch.ones_like(place[:, :1])], dim=1)
    off = F.huber_loss(answers[:, 1:] * scale, place * scale, reduction="none", delta=_SMALL_ERROR) / _SMALL_ERROR
    return entropy, (off.sum(1) * has).sum() / has.sum().clamp(1)


def overlaps(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of squares given as places (n, 3)."""
    sides = [p[:, 2:].exp() for p in (a, b)]
    low = torch.maximum(a[:, :2] - sides[0] / 2, b[:, :2] - sides[1] / 2)
    high = torch.minimum(a[:, :2] + sides[0] / 2, b[:, :2] + sides[1] / 2)
    shared = (high - low).clamp(min=0).prod(1)
    return shared / (sides[0].square() + sides[1].square())[:, 0].sub(shared)


def _share(what: Tensor, among: Tensor) -> float:
    return float((what & among).sum() / among.sum().clamp(1))


def _outlined(grey: Tensor, place: Tensor, is_drawn: Tensor) -> Tensor:
    """Views (n, 1, side, side) with a white square at each place that is to be drawn."""
    side = grey.shape[-1]
    line = (torch.arange(side, device=grey.device) + 0.5) / side - 0.5
    half = place[:, 2].exp() / 2
    far = torch.maximum(
        (line - place[:, :1]).abs()[:, None, :].expand(-1, side, -1),
        (line - place[:, 1:2]).abs()[:, :, None].expand(-1, -1, side),
    )
    is_edge = ((far - half[:, None, None]).abs() < 0.7 / side) & is_drawn[:, None, None]
    return torch.where(is_edge[:, None], torch.ones_like(grey), grey)
