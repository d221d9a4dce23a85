"""Other people's models as methods: whatever lies in the user's folder of models is a method at once.

They run behind the same guards as our own: tiles, halved when memory runs out; an answer that is not finite or
says nothing is refused. Fills go through the one pipeline, so known pixels stay, and where a network fails the
pipeline fills smoothly instead and says so.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.generate.faces import cut
from genrepair_desktop.generate.sure_faces import sure_faces
from genrepair_desktop.imaging.arrays import Image, Mask
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.paths import user_models_dir
from genrepair_desktop.registry.added_load import is_added
from genrepair_desktop.registry.card import CARD_FILE, ModelCard
from genrepair_desktop.registry.inference import NetworkFailedError, run_network
from genrepair_desktop.registry.store import ModelStore
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer, Task
from genrepair_desktop.repair.network_picture import run_on_picture
from genrepair_desktop.repair.params import NoParams
from genrepair_desktop.repair.watched import run_watched

_TASKS: dict[str, Task] = {"fill": "fill", "restore": "restore", "face": "restore", "upscale": "enlarge"}
_TILE, _OVERLAP = 256, 32
# what looks at a picture as a whole is given as much of it as two cores bear
_LARGE_TILE, _LARGE_OVERLAP = 768, 64
_FACE_SIDE = 512
_SMALLEST_SIDE = 64
# an answer with less difference than this in it, for a picture with more than that, says nothing
_FLAT, _LIVELY = 1e-3, 0.05

Snapshot = tuple[tuple[Path, int], ...]
_known: tuple[Snapshot, dict[str, ModelCard]] | None = None


def added_cards() -> dict[str, ModelCard]:
    """The cards of added models by id; read again only when a card's file was changed."""
    global _known
    place = user_models_dir()
    files = sorted(place.glob(f"*/{CARD_FILE}")) if place.is_dir() else []
    snapshot = tuple((file, file.stat().st_mtime_ns) for file in files)
    if _known is None or _known[0] != snapshot:
        cards = [model.card for model in ModelStore([place]).models()]
        _known = (snapshot, {card.id: card for card in cards if is_added(card) and card.kind in _TASKS})
    return _known[1]


def added_specs() -> dict[str, MethodSpec]:
    """The added models as methods, by id."""
    return {model_id: spec_of(card) for model_id, card in added_cards().items()}


def spec_of(card: ModelCard) -> MethodSpec:
    """One added model as a method."""
    wants_whole = bool(card.config.get("wants_whole"))
    scale = int(card.config.get("scale", 1))
    is_face = card.kind == "face"
    tile, overlap = (_LARGE_TILE, _LARGE_OVERLAP) if wants_whole else (_TILE, _OVERLAP)
    return MethodSpec(
        id=card.id,
        family="learned",
        task=_TASKS[card.kind],
        build=_builder(card.kind, card.id),
        context=(lambda side: max(_FACE_SIDE, side)) if is_face else (lambda side: min(256, max(64, side))),
        max_side=512,
        adds_grain=True,
        tile=None if is_face else tile,
        overlap=overlap,
        scale=lambda params: scale,
        models=(card.id,),
    )


def _builder(kind: str, model_id: str) -> Callable[[Any, ModelLoader], Repairer]:
    work = {"fill": _fill, "face": _restore_faces}.get(kind, _restore)

    def build(params: NoParams, models: ModelLoader) -> Repairer:
        network = models.load(model_id)

        def repair(patch: Patch, ctx: RunContext) -> Image:
            ctx.checkpoint(0.0, "repairing")
            answer = _heard(network, ctx, partial(work, network, patch))
            ctx.checkpoint(1.0, "repairing")
            return answer

        return repair

    return build


def _heard(network: Any, ctx: RunContext, work: Callable[[RunContext], Image]) -> Image:
    """Run ``work``, which calls the network, so that a cancel is heard between two of the network's layers.

    The layers tell how far it is, too: large networks take tens of seconds a call on a processor. A TorchScript
    program cannot be stopped inside: a cancel leaves it to end by itself.
    """
    from genrepair_desktop.networks.foreign import ProgramNetwork

    if isinstance(network, ProgramNetwork):
        return run_watched(lambda: work(RunContext(ctx.seed)), ctx, "repairing")
    layers = [layer for layer in network.modules() if next(layer.children(), None) is None]
    called = 0

    def look(*_: Any) -> None:
        nonlocal called
        called += 1
        ctx.checkpoint(min(0.99, called / len(layers)), "repairing")

    hooks = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        # what works in parts tells nothing of them: the layers do
        return work(RunContext(ctx.seed, token=ctx.token))
    finally:
        for hook in hooks:
            hook.remove()


def _restore(network: Any, patch: Patch, ctx: RunContext) -> Image:
    answer = run_on_picture(network, patch.image, ctx)
    if _is_empty(answer, patch.image):
        raise RepairFailedError("The model answered with an even area instead of a picture: choose another method.")
    return answer


def _restore_faces(network: Any, patch: Patch, ctx: RunContext) -> Image:
    faces = sure_faces(patch.image)
    if not faces:
        raise RepairFailedError("No face was found in the photo: choose one that shows a face from the front.")
    result = patch.image.copy()
    for number, square in enumerate(faces):
        ctx.checkpoint(number / len(faces), "repairing")
        face = cut(patch.image, square, _FACE_SIDE, patch.image.shape[2])
        answer = run_on_picture(network, face, ctx, is_tile=False)
        if _is_empty(answer, face):
            raise RepairFailedError("The model answered with an even area instead of a face: choose another method.")
        _lay_in(result, answer, square)
    return result


def _lay_in(picture: Image, face: Image, square: Rect) -> None:
    """Lay a face into its square, fading out towards the square's edge."""
    how = cv2.INTER_AREA if square.w < face.shape[0] else cv2.INTER_CUBIC
    fitted = cv2.resize(face, (square.w, square.h), interpolation=how).reshape(square.h, square.w, -1)
    inside = square.intersect(Rect.of_shape(picture.shape))
    place = inside.relative_to(square).slices
    share = _fade(square.w)[:, None] * _fade(square.w)[None, :]
    weight = share[place][..., None]
    picture[inside.slices] += weight * (np.clip(fitted[place], 0, 1) - picture[inside.slices])


def _fade(side: int) -> Image:
    """1 in the middle, half a cosine down to 0 over the outer eighth on both sides."""
    distance = np.minimum(np.arange(side) + 0.5, side - np.arange(side) - 0.5)
    return (0.5 - 0.5 * np.cos(np.pi * np.clip(distance / (side / 8), 0, 1))).astype(np.float32)


def _fill(network: Any, patch: Patch, ctx: RunContext) -> Image:
    image = as_colour(patch.image)
    try:
        filled = _filled(network, np.where(patch.mask[..., None], 0, image).astype(np.float32), patch.mask)
    except NetworkFailedError:
        filled = None
    if filled is None or _is_empty(filled[patch.mask], image[~patch.mask]):
        # no picture: the pipeline refuses what is not finite, fills smoothly instead and says so
        return np.full_like(patch.image, np.nan)
    return from_colour(filled, patch.image)


def _filled(network: Any, image: Image, mask: Mask) -> Image:
    """The network's fill; where it asks for more memory than there is, that of the picture at half its size."""
    try:
        return run_network(network, [image, mask[..., None].astype(np.float32)], may_be_even=True)
    except MemoryError:
        if min(mask.shape) < 2 * _SMALLEST_SIDE:
            raise
    size = (mask.shape[1] // 2, mask.shape[0] // 2)
    small = cv2.resize(prefill(image, mask), size, interpolation=cv2.INTER_AREA)
    small_mask = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    filled = _filled(network, np.where(small_mask[..., None], 0, small).astype(np.float32), small_mask)
    return np.asarray(cv2.resize(filled, mask.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _is_empty(answer: Image, picture: Image) -> bool:
    """True when an answer is one even colour and the picture is not."""
    colours = answer.reshape(-1, answer.shape[-1])
    return float(np.ptp(colours, axis=0).max()) < _FLAT and float(np.ptp(picture)) > _LIVELY
