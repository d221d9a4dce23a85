"""Several pictures into one: on a model's manifold, by weights or by masks, in the tone of the first."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from genrepair_desktop.generate.model import GenerateError, LatentModel, Latents, Pictures, check_latents
from genrepair_desktop.generate.project import SearchOptions, project
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.look import LookCarrier, measure
from genrepair_desktop.jobs.context import RunContext

Weights = npt.NDArray[np.float32]
# middle and half axes of ellipses, in shares of the side; read off the mean of 200 aligned portraits
FACE_PARTS: dict[str, tuple[float, float, float, float]] = {
    "eyes": (0.49, 0.41, 0.23, 0.085),
    "nose": (0.49, 0.54, 0.10, 0.09),
    "mouth": (0.49, 0.68, 0.17, 0.075),
}
# of the brush's radius, how much of it paints fully
_BRUSH_HARD = 0.4
# half axes at which a part has faded out
_SOFT_UNTIL = 1.4


def blend_latents(latents: Latents, weights: Sequence[float], *, is_spherical: bool) -> Latents:
    """The weighted mean (d,) of latents (n, d). For normal latents it is given back the weighted mean of their
    lengths: a plain mean of many lies near the middle, where every picture looks alike.

    Raises:
        GenerateError: not one weight for each, a negative weight, or all are 0.
    """
    shares = np.asarray(weights, np.float64)
    if shares.shape != (len(latents),):
        raise GenerateError(f"{len(latents)} pictures need as many weights, not {shares.size}.")
    if not np.isfinite(shares).all() or (shares < 0).any() or shares.sum() <= 0:
        raise GenerateError("Weights are 0 or more, and not all 0.")
    shares = shares / shares.sum()
    mean = shares @ latents
    if is_spherical:
        length, wanted = float(np.linalg.norm(mean)), float(shares @ np.linalg.norm(latents, axis=1))
        mean = mean * (wanted / length) if length > 1e-9 else mean
    return mean.astype(np.float32)


def fuse(model: LatentModel, pictures: Pictures, weights: Sequence[float]) -> tuple[Image, Latents]:
    """One picture between several, and its latent (d,).

    Raises:
        GenerateError: weights that do not fit, or pictures of another size than the model's.
    """
    mixed = blend_latents(model.encode(pictures), weights, is_spherical=model.is_spherical)
    return model.decode(mixed[None])[0], mixed


def fuse_parts(
    model: LatentModel,
    pictures: Pictures,
    parts: Sequence[Weights],
    ctx: RunContext,
    *,
    options: SearchOptions | None = None,
) -> tuple[Image, Latents]:
    """This mouth, those eyes: from each picture the part where its weights (side, side) are high, as one picture
    of the model, which brings the parts into keeping with each other. The first picture fills what no part claims.

    Raises:
        GenerateError: not one part a picture, or of another size.
        Cancelled: at a checkpoint.
    """
    made, confidence = collage(pictures, parts)
    # one search, from the encoder's guess: for the GAN of portraits, three more found none better in twice the time
    found = project(model, made, ctx, confidence=confidence, options=options or SearchOptions(restarts=1))
    return found.pictures[0], found.latents[0]


def collage(pictures: Pictures, parts: Sequence[Weights]) -> tuple[Image, Weights]:
    """Pictures laid over each other by their parts, and how sure each pixel is (side, side).

    Raises:
        GenerateError: not one part a picture, or of another size.
    """
    if len(parts) != len(pictures) or any(p.shape != pictures.shape[1:3] for p in parts):
        raise GenerateError("Each picture needs a mask of its own size.")
    claims = np.clip(np.stack(parts), 0, 1).astype(np.float32)
    claims[0] += np.clip(1 - claims.sum(axis=0), 0, 1)
    claims /= claims.sum(axis=0)
    made = np.einsum("nhw,nhwc->hwc", claims, pictures).astype(np.float32)
    # where claims meet nobody is sure: the model decides there
    return made, np.clip(claims.max(axis=0) * 2 - 1, 0.05, 1).astype(np.float32)


def face_part(part: str, side: int) -> Weights:
    """Where a part of the face lies in an aligned portrait: 1 inside, falling to 0 around it, (side, side).

    Raises:
        GenerateError: there is no such part.
    """
    if part not in FACE_PARTS:
        raise GenerateError(f"There is no part {part!r} of a face; choose one of {', '.join(FACE_PARTS)}.")
    x, y, wide, high = FACE_PARTS[part]
    places = (np.arange(side, dtype=np.float32) + 0.5) / side
    distance = np.hypot((places[None, :] - x) / wide, (places[:, None] - y) / high)
    return np.clip((_SOFT_UNTIL - distance) / (_SOFT_UNTIL - 1), 0, 1).astype(np.float32)


def brush_stroke(painted: Weights, x: float, y: float, radius: float, *, is_erasing: bool = False) -> Weights:
    """A mask (side, side) with one more dab of a soft brush: ``x``, ``y`` and ``radius`` in shares of the side."""
    side = painted.shape[0]
    places = (np.arange(side, dtype=np.float32) + 0.5) / side
    distance = np.hypot(places[None, :] - x, places[:, None] - y)
    dab = np.clip((radius - distance) / (radius * (1 - _BRUSH_HARD)), 0, 1).astype(np.float32)
    return np.minimum(painted, 1 - dab) if is_erasing else np.maximum(painted, dab)


def painted_over(parts: Sequence[Weights], painted: Sequence[Weights]) -> list[Weights]:
    """Parts with what was painted over them by hand, which is the last word: where it claims all for one picture,
    no other keeps a claim."""
    result: list[Weights] = []
    for place, (part, own) in enumerate(zip(parts, painted, strict=True)):
        others = np.max([p for i, p in enumerate(painted) if i != place], axis=0, initial=0.0)
        result.append(np.maximum(part * (1 - others), own).astype(np.float32))
    return result


def move_along(latent: Latents, direction: Latents, amount: float) -> Latents:
    """A latent (d,) pushed along a direction (d,), an attribute or a tangent."""
    check_latents(latent[None], len(direction))
    return (latent + np.float32(amount) * direction).astype(np.float32)


def carry_tone(photo: Image, reference: Image, *, strength: float = 1.0) -> Image:
    """``photo`` (h, w, 3) with the tone of ``reference``, as ``imaging.look`` carries it. A grey one makes it grey."""
    return LookCarrier(measure(photo), measure(reference).look, tone=strength, grain=0.0).carry(photo, None)


def in_first_tones(pictures: Sequence[Image]) -> Pictures:
    """Pictures of one size (side, side, 1 or 3), the colours of all in the tone of the first's; grey ones as they
    are."""
    ground, *others = pictures
    if ground.shape[2] == 3:
        others = [carry_tone(picture, ground) for picture in others]
    return np.stack([ground, *others])
