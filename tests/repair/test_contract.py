"""What every method of the catalog keeps to, whoever wrote it. A new method is tested by being listed."""

import time
from collections.abc import Iterator, Mapping
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genrepair_desktop.errors import MaskError
from genrepair_desktop.imaging.arrays import Image, Mask, colour_channels, has_alpha
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.repair.catalog import METHODS
from genrepair_desktop.repair.finish import grow_coverage
from genrepair_desktop.repair.method import MethodSpec, Patch
from genrepair_desktop.repair.params import FieldInfo, Value, field_infos, parse_params
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import RepairResult

FILLS = sorted(
    spec.id for spec in METHODS.values() if spec.task == "fill" and spec.route is None and spec.subject == "any"
)
# what refuses a slope and an edge has its own tests on a face: test_manifold_fill
ANY_SUBJECT = {spec.id for spec in METHODS.values() if spec.subject == "any"}
OTHERS = sorted(spec.id for spec in METHODS.values() if spec.task != "fill")
DIRECT = FILLS + OTHERS


@pytest.fixture(scope="module")
def models():
    from genrepair_desktop.paths import shipped_models_dir
    from genrepair_desktop.registry.loader import ModelLoader
    from genrepair_desktop.registry.store import ModelStore

    return ModelLoader(ModelStore([shipped_models_dir()]), device="cpu")


@pytest.fixture
def spec(request: pytest.FixtureRequest, models) -> MethodSpec:
    found = METHODS[request.param]
    if not found.is_ready(models):
        pytest.skip(f"{found.id} needs a model that is not installed")
    return found


def methods(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("spec", names, indirect=True)


def texture(h: int, w: int, channels: int = 3) -> Image:
    """A slope, an edge and grain: something for every method to continue. Read-only."""
    y, x = np.mgrid[:h, :w] / max(h, w)
    grain = np.random.default_rng(5).normal(0.0, 0.04, (h, w, channels))
    image = np.clip(0.3 + 0.4 * y[..., None] + 0.2 * (x > 0.4)[..., None] + grain, 0.0, 1.0).astype(np.float32)
    image.flags.writeable = False
    return image


def scratch(h: int, w: int) -> Mask:
    mask = np.zeros((h, w), np.uint8)
    cv2.line(mask, (w // 8, h // 6), (w - w // 6, h - h // 8), 1, 3)
    cv2.circle(mask, (w // 2, h // 3), max(2, h // 8), 1, -1)
    holes = mask > 0
    holes.flags.writeable = False
    return holes


def repaired(
    spec: MethodSpec, models, patch: Patch, ctx: RunContext | None = None, values: Mapping[str, Value] | None = None
) -> Image:
    return spec.build(parse_params(spec.params, values or {}), models)(patch, ctx or RunContext())


def scale_of(spec: MethodSpec, values: Mapping[str, Value] | None = None) -> int:
    return spec.scale(parse_params(spec.params, values or {})) if spec.task == "enlarge" else 1


def assert_valid(output: Image, patch: Patch, scale: int) -> None:
    h, w, channels = patch.image.shape
    assert output.shape == (h * scale, w * scale, channels)
    assert output.dtype == np.float32
    assert np.isfinite(output).all()


@methods(DIRECT)
@pytest.mark.parametrize("channels", [1, 3])
def test_the_answer_has_the_right_shape_and_type_and_the_input_is_not_written(spec, models, channels) -> None:
    image, mask = texture(40, 56, channels), scratch(40, 56)
    before = image.tobytes()
    output = repaired(spec, models, Patch(image, mask))
    assert_valid(output, Patch(image, mask), scale_of(spec))
    assert image.tobytes() == before
    assert not np.shares_memory(output, image)


@methods(FILLS)
def test_what_lies_under_the_mask_is_not_looked_at(spec, models) -> None:
    image, mask = texture(40, 56), scratch(40, 56)
    damaged = image.copy()
    damaged[mask] = 1.0
    assert np.array_equal(
        repaired(spec, models, Patch(image, mask))[mask], repaired(spec, models, Patch(damaged, mask))[mask]
    )


@methods(DIRECT)
def test_the_same_seed_gives_the_same_bytes(spec, models) -> None:
    patch = Patch(texture(40, 56), scratch(40, 56))
    first, second = (repaired(spec, models, patch, RunContext(7)) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@methods([name for name in FILLS if METHODS[name].is_seeded])
def test_other_seeds_give_other_fills(spec, models) -> None:
    patch = Patch(texture(64, 64), scratch(64, 64))
    fills = {repaired(spec, models, patch, RunContext(seed))[patch.mask].tobytes() for seed in range(3)}
    assert len(fills) > 1


@methods(DIRECT)
def test_progress_never_falls_and_no_step_works_longer_than_a_cancel_may_take(spec, models) -> None:
    patch = Patch(texture(160, 160), scratch(160, 160))
    repaired(spec, models, Patch(texture(40, 40), scratch(40, 40)))  # compiles and loads what is kept afterwards
    reached: list[float] = []
    worked: list[float] = []

    def note(fraction: float, stage: str) -> None:
        reached.append(fraction)
        worked.append(time.thread_time())  # not the clock: other programs must not fail this test

    repaired(spec, models, patch, RunContext(on_progress=note))
    assert reached
    assert all(0.0 <= a <= b <= 1.0 for a, b in pairwise(reached))
    assert max(np.diff(worked), default=0.0) < 0.2


@methods(DIRECT)
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["first", "middle", "last"])
def test_a_cancel_stops_at_the_checkpoint_where_it_comes(spec, models, place) -> None:
    patch = Patch(texture(64, 64), scratch(64, 64))
    count = 0

    def tick(fraction: float, stage: str) -> None:
        nonlocal count
        count += 1
        if count == stop:
            token.cancel()

    stop, token = -1, CancelToken()
    repaired(spec, models, patch, RunContext(on_progress=tick))
    total, count = count, 0
    # a checkpoint reports before it is cancelled, so the next one raises; the last has no next
    stop, token = max(1, round(place * (total - 2))), CancelToken()
    if total < 2:
        token.cancel()
    with pytest.raises(Cancelled):
        repaired(spec, models, patch, RunContext(token=token, on_progress=tick))
    assert count <= stop + 1


def _edge_cases() -> Iterator[tuple[str, tuple[int, int], tuple[slice, slice]]]:
    yield "one-pixel", (24, 24), (slice(11, 12), slice(13, 14))
    yield "at-the-border", (24, 24), (slice(0, 5), slice(8, 15))
    yield "in-a-corner", (24, 24), (slice(19, 24), slice(17, 24))
    yield "all-but-one-pixel", (17, 16), (slice(1, 17), slice(0, 16))
    yield "a-row-of-pixels", (1, 40), (slice(0, 1), slice(12, 18))
    yield "a-column-of-pixels", (37, 1), (slice(30, 37), slice(0, 1))
    yield "two-pixels", (1, 2), (slice(0, 1), slice(1, 2))
    yield "nothing", (20, 21), (slice(0, 0), slice(0, 0))


@methods(DIRECT)
@pytest.mark.parametrize(("size", "hole"), [case[1:] for case in _edge_cases()], ids=[c[0] for c in _edge_cases()])
def test_holes_and_pictures_of_any_size_are_answered(spec, models, size, hole) -> None:
    mask = np.zeros(size, np.bool_)
    mask[hole] = True
    patch = Patch(texture(*size), mask)
    assert_valid(repaired(spec, models, patch), patch, scale_of(spec))


@methods(DIRECT)
@pytest.mark.parametrize("size", [(1, 1), (20, 24)])
def test_a_picture_without_a_known_pixel_is_refused_in_words_or_answered_in_size(spec, models, size) -> None:
    patch = Patch(texture(*size), np.ones(size, np.bool_))
    outcome = _picture_or_words(spec, models, patch)
    if isinstance(outcome, str):
        assert "unmark" in outcome
    else:
        assert_valid(outcome, patch, scale_of(spec))


def _picture_or_words(spec: MethodSpec, models, patch: Patch) -> Image | str:
    try:
        return repaired(spec, models, patch)
    except MaskError as error:
        return str(error)


def _ends(info: FieldInfo, default: Value) -> tuple[Value, ...]:
    if isinstance(default, bool):
        return (not default,)
    return info.choices or (info.low, info.high)


@methods(DIRECT)
def test_every_parameter_works_at_both_ends_of_its_range(spec, models) -> None:
    patch = Patch(texture(32, 40), scratch(32, 40))
    defaults = spec.params()
    for name, info in field_infos(spec.params).items():
        for value in _ends(info, getattr(defaults, name)):
            output = repaired(spec, models, patch, values={name: value})
            assert_valid(output, patch, scale_of(spec, {name: value}))
            assert output.min() > -1.0, (name, value)
            assert output.max() < 2.0, (name, value)


@methods(DIRECT)
def test_every_parameter_says_when_to_move_it(spec) -> None:
    for name, info in field_infos(spec.params).items():
        assert len(info.help.split()) >= 5, name
        assert info.help.endswith("."), name


def shown(pixels: np.ndarray, result: RepairResult) -> np.ndarray:
    out = pixels.copy()
    for rect, piece in result.pieces:
        out[rect.slices] = piece
    return out


@methods(sorted(name for name in ANY_SUBJECT if METHODS[name].task != "enlarge"))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_pixels_outside_the_composite_mask_keep_every_bit(spec, models, data) -> None:
    h, w = data.draw(st.integers(4, 80)), data.draw(st.integers(4, 80))
    channels, dtype = data.draw(st.sampled_from([1, 2, 3, 4])), data.draw(st.sampled_from([np.uint8, np.uint16]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**31)))
    pixels = rng.integers(0, np.iinfo(dtype).max + 1, (h, w, channels)).astype(dtype)
    coverage = np.zeros((h, w), np.uint8)
    y, x = rng.integers(0, h), rng.integers(0, w)
    coverage[y : y + rng.integers(1, 12), x : x + rng.integers(1, 12)] = rng.integers(1, 256)
    coverage[(y + h // 2) % h, (x + w // 2) % w] = 255
    grow = data.draw(st.integers(0, 2))
    composite = grow_coverage(coverage, grow)
    if composite.all():
        return
    before = pixels.tobytes()
    recipe = Recipe(spec.id, grow=grow, seed=data.draw(st.integers(0, 9)))
    out = shown(pixels, run(prepare(pixels, coverage, recipe), RunContext(), models))
    assert pixels.tobytes() == before
    assert out.dtype == pixels.dtype
    assert np.array_equal(out[composite == 0], pixels[composite == 0])
    if has_alpha(pixels):
        assert np.array_equal(out[..., -1], pixels[..., -1])


@methods(sorted(name for name in ANY_SUBJECT if METHODS[name].task == "fill"))
def test_a_sixteen_bit_slope_is_filled_finer_than_eight_bits_can_say(spec, models) -> None:
    slope = (20000 + 4 * np.arange(64)[:, None] + 3 * np.arange(64)[None, :]).astype(np.uint16)[..., None]
    coverage = np.zeros((64, 64), np.uint8)
    coverage[30:33, 20:44] = 255
    out = shown(slope, run(prepare(slope, coverage, Recipe(spec.id, grain=0.0)), RunContext(), models))
    error = np.abs(out.astype(int) - slope.astype(int))[coverage > 0]
    assert colour_channels(out) == 1
    # one level of 8 bits is 257; learned fills know the photo's tone only to a level or two
    assert error.max() < (1500 if spec.family == "learned" else 128)
