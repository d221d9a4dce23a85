"""One pipeline keeps the promises for every method: known pixels, cancel, fallbacks, records."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.errors import InvalidParameterError, MaskError, RepairFailedError, UnknownMethodError
from genrepair_desktop.imaging.arrays import Image, to_image
from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.repair import catalog
from genrepair_desktop.repair.method import HoleFacts, MethodSpec, NoModels, Patch
from genrepair_desktop.repair.pipeline import prepare, run
from genrepair_desktop.repair.recipe import Recipe
from genrepair_desktop.repair.request import RepairResult

Paint = Callable[[Patch, RunContext], Image]


def add_method(monkeypatch: pytest.MonkeyPatch, method_id: str, paint: Paint, **fields) -> None:
    spec = MethodSpec(method_id, "deterministic", fields.pop("task", "fill"), lambda params, models: paint, **fields)
    monkeypatch.setitem(catalog.METHODS, method_id, spec)


def paint_grey(patch: Patch, ctx: RunContext) -> Image:
    ctx.checkpoint(0.5, "painting")
    return np.full_like(patch.image, 0.5)


def photo(h: int, w: int, channels: int, dtype: type) -> np.ndarray:
    return np.random.default_rng(h + w).integers(0, np.iinfo(dtype).max + 1, (h, w, channels)).astype(dtype)


def shown(pixels: np.ndarray, result: RepairResult) -> np.ndarray:
    out = pixels.copy()
    for rect, piece in result.pieces:
        out[rect.slices] = piece
    return out


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 150),
    st.integers(2, 150),
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([np.uint8, np.uint16]),
    st.integers(0, 6),
    st.integers(0, 2**31),
)
def test_pixels_outside_the_composite_mask_keep_every_bit(
    h: int, w: int, channels: int, dtype: type, grow: int, seed: int
) -> None:
    from genrepair_desktop.repair.finish import grow_coverage

    rng = np.random.default_rng(seed)
    coverage = np.zeros((h, w), np.uint8)
    for _ in range(3):
        y, x = rng.integers(0, h), rng.integers(0, w)
        coverage[y : y + rng.integers(1, 20), x : x + rng.integers(1, 20)] = rng.integers(1, 256)
    coverage[rng.integers(0, h), rng.integers(0, w)] = 0
    pixels = photo(h, w, channels, dtype)
    with pytest.MonkeyPatch.context() as monkeypatch:
        add_method(monkeypatch, "grey", paint_grey)
        composite = grow_coverage(coverage, grow) if coverage.any() else coverage
        if not coverage.any() or composite.all():
            return
        out = shown(pixels, run(prepare(pixels, coverage, Recipe("grey", grow=grow)), RunContext(), NoModels()))
    assert np.array_equal(out[composite == 0], pixels[composite == 0])
    if channels in (2, 4):
        assert np.array_equal(out[..., -1], pixels[..., -1])
    middle = (np.iinfo(dtype).max + 1) // 2
    colours = channels - (channels in (2, 4))
    assert (np.abs(out[composite == 255][:, :colours].astype(int) - middle) <= 1).all()


def test_every_hole_of_a_long_scratch_is_filled_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def paint(patch: Patch, ctx: RunContext) -> Image:
        sizes.append(max(patch.image.shape))
        return np.where(patch.mask[..., None], np.float32(0.25), patch.image)

    add_method(monkeypatch, "windowed", paint, max_side=128, context=lambda side: 16)
    pixels = photo(90, 900, 3, np.uint8)
    coverage = np.zeros((90, 900), np.uint8)
    coverage[40:44, 5:890] = 255
    result = run(prepare(pixels, coverage, Recipe("windowed")), RunContext(), NoModels())
    assert (shown(pixels, result)[coverage > 0] == 64).all()
    assert len(sizes) >= 7
    assert max(sizes) <= 128 + 2 * 16
    assert len(result.holes) == 1


def test_later_windows_see_what_earlier_ones_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    def paint(patch: Patch, ctx: RunContext) -> Image:
        known = patch.image[~patch.mask]
        return np.full_like(patch.image, known.min())

    add_method(monkeypatch, "darkest", paint, max_side=64, context=lambda side: 4)
    pixels = np.full((20, 300, 1), 200, np.uint8)
    pixels[:, 0] = 10
    coverage = np.zeros((20, 300), np.uint8)
    coverage[8:12, 2:290] = 255
    out = shown(pixels, run(prepare(pixels, coverage, Recipe("darkest")), RunContext(), NoModels()))
    assert (out[8:12, 2:290] == 10).all()


def test_auto_routes_each_hole_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def route(facts: HoleFacts, models) -> str:
        return "thin" if facts.thickness < 8 else "thick"

    add_method(monkeypatch, "thin", lambda patch, ctx: np.zeros_like(patch.image))
    add_method(monkeypatch, "thick", lambda patch, ctx: np.ones_like(patch.image))
    add_method(monkeypatch, "chooser", paint_grey, route=route)
    pixels = np.full((200, 200, 3), 128, np.uint8)
    coverage = np.zeros((200, 200), np.uint8)
    coverage[20:23, 10:190] = 255
    coverage[100:150, 100:150] = 255
    result = run(prepare(pixels, coverage, Recipe("chooser")), RunContext(), NoModels())
    out = shown(pixels, result)
    assert (out[20:23, 10:190] == 0).all()
    assert (out[100:150, 100:150] == 255).all()
    assert sorted(hole.method for hole in result.holes) == ["thick", "thin"]
    assert result.changed == 3 * 180 + 50 * 50


@pytest.mark.parametrize(
    ("broken", "note"),
    [
        (lambda patch, ctx: np.full_like(patch.image, np.nan), "not-finite"),
        (lambda patch, ctx: patch.image[:-1], "wrong-shape"),
        (lambda patch, ctx: patch.image + 50, "out-of-range"),
    ],
)
def test_a_method_that_breaks_falls_back_and_says_so(
    monkeypatch: pytest.MonkeyPatch, broken: Paint, note: str
) -> None:
    add_method(monkeypatch, "broken", broken)
    add_method(monkeypatch, "harmonic", paint_grey)
    pixels, coverage = photo(40, 40, 3, np.uint8), np.zeros((40, 40), np.uint8)
    coverage[10:20, 10:20] = 255
    result = run(prepare(pixels, coverage, Recipe("broken")), RunContext(), NoModels())
    assert [hole.note for hole in result.holes] == [note]
    assert (shown(pixels, result)[coverage > 0] == 128).all()


def test_a_fallback_that_breaks_is_an_error_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    add_method(monkeypatch, "harmonic", lambda patch, ctx: np.full_like(patch.image, np.inf))
    coverage = np.zeros((40, 40), np.uint8)
    coverage[5:9, 5:9] = 255
    with pytest.raises(RepairFailedError, match="try another method"):
        run(prepare(photo(40, 40, 3, np.uint8), coverage, Recipe("harmonic")), RunContext(), NoModels())


def test_a_fill_that_is_off_in_tone_is_brought_to_the_tone_of_the_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    light = np.linspace(60, 180, 120)[None, :, None] * np.ones((90, 1, 3))
    sound = light.astype(np.uint8)

    def too_bright(patch: Patch, ctx: RunContext) -> Image:
        # knows the picture, as a network may, but answers lighter all over
        return to_image(sound) + np.float32(0.2)

    coverage = np.zeros((90, 120), np.uint8)
    coverage[35:55, 50:70] = 255
    for matches, error in ((False, 51), (True, 2)):
        add_method(monkeypatch, "bright", too_bright, matches_tone=matches, context=lambda side: 120)
        out = shown(sound, run(prepare(sound, coverage, Recipe("bright")), RunContext(), NoModels()))
        assert abs(out[coverage > 0].astype(int) - sound[coverage > 0]).max() == pytest.approx(error, abs=2)


def test_a_cancel_is_heard_while_the_photo_is_copied_for_a_repair() -> None:
    coverage = np.zeros((1500, 20), np.uint8)
    coverage[5:1490, 5] = 255
    calls: list[None] = []
    prepare(photo(1500, 20, 3, np.uint8), coverage, Recipe("harmonic"), pause=lambda: calls.append(None))
    assert len(calls) > 10

    def stop() -> None:
        calls.pop()
        if not calls:
            raise Cancelled

    with pytest.raises(Cancelled):
        prepare(photo(1500, 20, 3, np.uint8), coverage, Recipe("harmonic"), pause=stop)


def test_a_lent_photo_is_not_written_to_and_repaired_to_the_same_bits() -> None:
    pixels = photo(90, 120, 4, np.uint16)
    coverage = np.zeros((90, 120), np.uint8)
    coverage[3:85, 60:63] = 255
    coverage[40:42, 5:115] = 120
    kept = pixels.copy(), coverage.copy()
    recipe = Recipe("biharmonic", grow=3)
    lent = prepare(pixels, coverage, recipe, is_lent=True)
    assert lent.boxes[0].pixels is pixels
    ours = shown(pixels, run(lent, RunContext(), NoModels()))
    theirs = shown(pixels, run(prepare(pixels, coverage, recipe), RunContext(), NoModels()))
    assert ours.tobytes() == theirs.tobytes()
    assert pixels.tobytes() == kept[0].tobytes()
    assert coverage.tobytes() == kept[1].tobytes()


def test_a_cancelled_repair_stops_at_its_next_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    token = CancelToken()
    calls: list[int] = []

    def paint(patch: Patch, ctx: RunContext) -> Image:
        calls.append(1)
        token.cancel()
        ctx.checkpoint(0.5)
        raise AssertionError("went on after the checkpoint")

    add_method(monkeypatch, "slow", paint)
    coverage = np.zeros((40, 40), np.uint8)
    coverage[5:9, 5:9] = 255
    with pytest.raises(Cancelled):
        run(prepare(photo(40, 40, 3, np.uint8), coverage, Recipe("slow")), RunContext(token=token), NoModels())
    assert len(calls) == 1


def test_progress_rises_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    add_method(monkeypatch, "grey", paint_grey, max_side=32, context=lambda side: 8)
    seen: list[float] = []
    coverage = np.zeros((300, 300), np.uint8)
    coverage[20:24, 10:290] = 255
    coverage[200:204, 10:290] = 255
    ctx = RunContext(on_progress=lambda fraction, stage: seen.append(fraction))
    run(prepare(photo(300, 300, 3, np.uint8), coverage, Recipe("grey")), ctx, NoModels())
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_strength_half_is_half_way(monkeypatch: pytest.MonkeyPatch) -> None:
    add_method(monkeypatch, "black", lambda patch, ctx: np.zeros_like(patch.image))
    pixels = np.full((30, 30, 3), 200, np.uint8)
    coverage = np.zeros((30, 30), np.uint8)
    coverage[10:20, 10:20] = 255
    coverage[10:12, 10:20] = 51
    out = shown(pixels, run(prepare(pixels, coverage, Recipe("black", strength=0.5)), RunContext(), NoModels()))
    assert (out[12:20, 10:20] == 100).all()
    assert (out[10:12, 10:20] == 180).all()


def test_a_fill_does_not_depend_on_other_holes(monkeypatch: pytest.MonkeyPatch) -> None:
    def paint(patch: Patch, ctx: RunContext) -> Image:
        return ctx.rng.random(patch.image.shape, dtype=np.float32)

    add_method(monkeypatch, "noise", paint, is_seeded=True, context=lambda side: 8)
    pixels, one = photo(400, 400, 3, np.uint8), np.zeros((400, 400), np.uint8)
    one[20:30, 20:30] = 255
    two = one.copy()
    two[300:310, 300:310] = 255
    first = shown(pixels, run(prepare(pixels, one, Recipe("noise", seed=5)), RunContext(), NoModels()))
    second = shown(pixels, run(prepare(pixels, two, Recipe("noise", seed=5)), RunContext(), NoModels()))
    assert np.array_equal(first[one > 0], second[one > 0])
    other = shown(pixels, run(prepare(pixels, one, Recipe("noise", seed=6)), RunContext(), NoModels()))
    assert not np.array_equal(first[one > 0], other[one > 0])


def test_whole_picture_methods_need_no_mask_and_keep_what_one_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    add_method(monkeypatch, "invert", lambda patch, ctx: 1 - patch.image, task="restore", tile=64, overlap=8)
    pixels = photo(150, 130, 4, np.uint16)
    result = run(prepare(pixels, None, Recipe("invert")), RunContext(), NoModels())
    out = shown(pixels, result)
    assert np.array_equal(out[..., :3], 65535 - pixels[..., :3])
    assert np.array_equal(out[..., 3], pixels[..., 3])
    coverage = np.zeros((150, 130), np.uint8)
    coverage[50:60, 50:60] = 255
    inside = shown(pixels, run(prepare(pixels, coverage, Recipe("invert")), RunContext(), NoModels()))
    assert np.array_equal(inside[coverage == 0], pixels[coverage == 0])
    assert np.array_equal(inside[coverage > 0], out[coverage > 0])


def test_enlarging_gives_a_picture_of_the_new_size(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(patch: Patch, ctx: RunContext) -> Image:
        return np.kron(patch.image, np.ones((2, 2, 1), np.float32))

    add_method(monkeypatch, "twice", twice, task="enlarge", tile=64, overlap=8, scale=lambda params: 2)
    pixels = photo(90, 100, 4, np.uint8)
    result = run(prepare(pixels, None, Recipe("twice")), RunContext(), NoModels())
    assert result.replacement is not None
    assert result.replacement.shape == (180, 200, 4)
    assert np.array_equal(result.replacement[::2, ::2, :3], pixels[..., :3])


def test_recipes_that_cannot_be_followed_are_refused() -> None:
    pixels = photo(20, 20, 3, np.uint8)
    empty, full = np.zeros((20, 20), np.uint8), np.full((20, 20), 255, np.uint8)
    with pytest.raises(MaskError, match="Nothing is marked"):
        prepare(pixels, empty, Recipe())
    with pytest.raises(MaskError, match="whole picture"):
        prepare(pixels, full, Recipe())
    with pytest.raises(MaskError, match="20 x 21"):
        prepare(pixels, np.full((21, 20), 255, np.uint8), Recipe())
    with pytest.raises(UnknownMethodError, match="magic"):
        prepare(pixels, full, Recipe("magic"))
    with pytest.raises(InvalidParameterError):
        prepare(pixels, full, Recipe(params={"no": 1}))


def test_the_request_is_free_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Image] = []

    def paint(patch: Patch, ctx: RunContext) -> Image:
        seen.append(patch.image.copy())
        return patch.image

    add_method(monkeypatch, "watch", paint)
    pixels, coverage = photo(30, 30, 3, np.uint8), np.zeros((30, 30), np.uint8)
    coverage[10:12, 10:12] = 255
    before = pixels.copy()
    request = prepare(pixels, coverage, Recipe("watch"))
    pixels[...] = 0
    run(request, RunContext(), NoModels())
    assert np.array_equal(seen[0], to_image(before)[: seen[0].shape[0], : seen[0].shape[1]])
