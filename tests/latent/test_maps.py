"""Every kind of map keeps one contract; the aids beside it agree with references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.latent.features import Features, MapError, feature_set, joined
from genrepair_desktop.latent.inverse import (
    NeighbourAverage,
    SmoothRegression,
    density_of,
    map_edges,
    within,
)
from genrepair_desktop.latent.map import FittedMap, StageCache, fit_map, map_kinds
from genrepair_desktop.latent.neighbours import nearest
from genrepair_desktop.latent.pca import PcaParams, reduce
from genrepair_desktop.latent.quality import (
    attribute_direction,
    round_trip,
    trustworthiness,
    two_sample_accuracy,
)
from genrepair_desktop.latent.tsne import TsneParams, TsneRun
from genrepair_desktop.latent.umap import UmapParams

KINDS = ["tsne", "pca", "umap"]
PARAMS = {
    "tsne": TsneParams(early=40, iterations=80, threads=1),
    "pca": PcaParams(),
    "umap": UmapParams(),
}


@pytest.fixture(scope="module")
def clusters() -> tuple[Features, np.ndarray]:
    """Three groups on curved sheets in 12 dimensions."""
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(3), 80)
    sheet = rng.normal(size=(240, 2))
    lifted = np.column_stack([sheet, sheet**2, np.sin(sheet), rng.normal(size=(240, 6)) * 0.05])
    return (lifted + group[:, None] * 6.0).astype(np.float32), group


@pytest.fixture(scope="module", params=KINDS)
def fitted(request: pytest.FixtureRequest, clusters: tuple[Features, np.ndarray]) -> tuple[str, FittedMap]:
    return request.param, fit_map(clusters[0], PARAMS[request.param], RunContext(1))


def test_the_table_of_maps_holds_the_kinds_that_are_tested() -> None:
    assert sorted(map_kinds()) == sorted(KINDS)
    assert all(make().kind == kind for kind, make in map_kinds().items())


def test_a_map_has_one_finite_point_for_each_vector(fitted: tuple[str, FittedMap]) -> None:
    assert fitted[1].points.shape == (240, 2)
    assert fitted[1].points.dtype == np.float32
    assert np.isfinite(fitted[1].points).all()


def test_groups_stay_together_on_the_map(fitted: tuple[str, FittedMap], clusters: tuple[Features, np.ndarray]) -> None:
    close = nearest(fitted[1].points, fitted[1].points, 6).indices[:, 1:]
    assert (clusters[1][close] == clusters[1][:, None]).mean() > 0.97


def test_new_points_land_beside_the_vectors_they_resemble(
    fitted: tuple[str, FittedMap], clusters: tuple[Features, np.ndarray]
) -> None:
    chosen = np.arange(0, 240, 20)
    before = fitted[1].points.copy()
    placed = fitted[1].project(clusters[0][chosen] + np.float32(0.01))
    assert placed.shape == (12, 2)
    landed = nearest(placed, fitted[1].points, 1).indices[:, 0]
    assert (clusters[1][landed] == clusters[1][chosen]).all()
    assert np.array_equal(fitted[1].points, before)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_map(kind: str, clusters: tuple[Features, np.ndarray]) -> None:
    first = fit_map(clusters[0][:120], PARAMS[kind], RunContext(4)).points
    assert np.array_equal(first, fit_map(clusters[0][:120], PARAMS[kind], RunContext(4)).points)


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancelled_fit_stops(kind: str, clusters: tuple[Features, np.ndarray]) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        fit_map(clusters[0], PARAMS[kind], RunContext(1, token=token))


def test_progress_never_goes_back_and_the_live_picture_moves(clusters: tuple[Features, np.ndarray]) -> None:
    fractions: list[float] = []
    pictures: list[np.ndarray] = []
    ctx = RunContext(1, on_progress=lambda fraction, stage: fractions.append(fraction))
    fit_map(clusters[0], PARAMS["tsne"], ctx, live=pictures.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(pictures) >= 4
    assert not np.allclose(pictures[0], pictures[-1])


def test_a_paused_run_goes_on_to_the_same_map_as_an_unbroken_one(clusters: tuple[Features, np.ndarray]) -> None:
    params, cache = TsneParams(early=40, iterations=60, watch_every=20, threads=1), StageCache()
    run = TsneRun.prepare(clusters[0], params, RunContext(2), cache=cache)
    run.advance(20)
    shown = run.points
    assert run.fraction == pytest.approx(0.2)
    assert np.array_equal(shown, run.points)
    while not run.is_done:
        run.advance(20)
    unbroken = fit_map(clusters[0], params, RunContext(2))
    assert np.array_equal(run.result().points, unbroken.points)


def test_kl_falls_as_the_optimisation_goes_on(clusters: tuple[Features, np.ndarray]) -> None:
    short = fit_map(clusters[0], TsneParams(early=20, iterations=10, threads=1), RunContext(2)).facts["kl"]
    long = fit_map(clusters[0], TsneParams(early=20, iterations=150, threads=1), RunContext(2)).facts["kl"]
    assert 0 < long < short


def test_a_late_setting_reuses_the_early_stages(clusters: tuple[Features, np.ndarray]) -> None:
    cache = StageCache()
    params = TsneParams(early=10, iterations=10, threads=1)
    fit_map(clusters[0], params, RunContext(0), cache=cache)
    kept = set(cache._kept)
    fit_map(clusters[0], TsneParams(early=10, iterations=20, threads=1), RunContext(0), cache=cache)
    assert set(cache._kept) == kept
    fit_map(clusters[0], TsneParams(early=10, iterations=10, perplexity=12, threads=1), RunContext(0), cache=cache)
    assert len(set(cache._kept) - kept) == 1


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache, made = StageCache(limit=2), []
    for key in ("a", "b", "a", "c", "a", "b"):
        cache.get(key, lambda key=key: made.append(key))
    assert made == ["a", "b", "c", "b"]


def test_too_large_a_perplexity_is_refused_with_the_largest_allowed() -> None:
    with pytest.raises(MapError, match="at most 6"):
        fit_map(np.eye(20, dtype=np.float32), TsneParams(), RunContext())


def test_a_map_of_three_pictures_is_refused() -> None:
    with pytest.raises(MapError, match="at least 4"):
        fit_map(np.eye(3, dtype=np.float32), PcaParams(), RunContext())


@pytest.mark.parametrize("shape", [(30, 6), (6, 30)])
def test_reduction_keeps_distances_when_all_axes_are_kept(shape: tuple[int, int]) -> None:
    data = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    made = reduce(data, 30)
    np.testing.assert_allclose(made.undo(made.values), data, atol=1e-4)
    np.testing.assert_allclose(made.apply(data), made.values, atol=1e-4)
    assert made.explained.sum() == pytest.approx(1, abs=1e-6)


def test_reduction_agrees_with_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    data = np.random.default_rng(2).normal(size=(50, 8)) * np.arange(1, 9)
    ours, theirs = reduce(data.astype(np.float32), 3), PCA(3).fit(data)
    np.testing.assert_allclose(np.abs(ours.axes @ theirs.components_.T), np.eye(3), atol=1e-4)


def test_trustworthiness_agrees_with_scikit_learn(clusters: tuple[Features, np.ndarray]) -> None:
    from sklearn.manifold import trustworthiness as reference

    points = np.random.default_rng(0).normal(size=(240, 2)).astype(np.float32) + clusters[0][:, :2]
    ours = trustworthiness(clusters[0], points, neighbours=7)
    assert ours == pytest.approx(reference(clusters[0], points, n_neighbors=7), abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(2, 9), st.integers(1, 4))
def test_nearest_neighbours_agree_with_sorting_all_distances(k: int, d: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data, queries = rng.normal(size=(12, d)).astype(np.float32), rng.normal(size=(5, d)).astype(np.float32)
    distances = np.linalg.norm(queries[:, None] - data[None], axis=2)
    found = nearest(queries, data, k)
    np.testing.assert_allclose(found.distances, np.sort(distances, axis=1)[:, :k], rtol=1e-4, atol=1e-5)
    assert np.array_equal(found.indices, np.argsort(distances, axis=1)[:, :k])


def test_two_samples_of_one_cloud_cannot_be_told_apart_and_two_clouds_can() -> None:
    rng = np.random.default_rng(0)
    same, (low, high) = two_sample_accuracy(rng.normal(size=(900, 4)), rng.normal(size=(300, 4)))
    assert low < 0.5 < high or abs(same - 0.5) < 0.05
    assert two_sample_accuracy(rng.normal(size=(90, 4)), rng.normal(size=(300, 4)) + 9)[0] == 1


def test_identical_sets_are_no_easier_to_tell_apart_than_by_chance() -> None:
    data = np.random.default_rng(0).normal(size=(200, 3)).astype(np.float32)
    assert two_sample_accuracy(data, data)[0] <= 0.55


def test_missing_values_are_filled_and_flagged_not_dropped() -> None:
    values = np.array([[0.0, 1.0], [np.nan, 3.0], [4.0, np.inf]])
    made = feature_set(values, kinds=["real", "mine", "real"])
    assert len(made) == 3
    assert made.patched.tolist() == [False, True, True]
    assert made.values.tolist() == [[0, 1], [2, 3], [4, 2]]
    assert made.counts() == {"real": 2, "mine": 1}


def test_a_column_without_values_is_refused() -> None:
    with pytest.raises(MapError, match="column"):
        feature_set(np.full((3, 2), np.nan))


def test_sets_of_different_length_vectors_do_not_join() -> None:
    with pytest.raises(MapError, match="different length"):
        joined([feature_set(np.zeros((2, 3))), feature_set(np.zeros((2, 4)))])


def test_the_average_gives_a_stored_latent_at_its_own_point_and_is_continuous() -> None:
    rng = np.random.default_rng(3)
    points, latents = rng.normal(size=(300, 2)).astype(np.float32), rng.normal(size=(300, 5)).astype(np.float32)
    inverse = NeighbourAverage(points, latents, sharpness=60)
    assert np.abs(inverse(points) - latents).mean() < 0.12
    path = np.linspace([-1, -1], [1, 1], 4000).astype(np.float32)
    steps = np.linalg.norm(np.diff(NeighbourAverage(points, latents)(path), axis=0), axis=1)
    assert steps.max() < 0.1


def test_the_average_stays_within_the_data() -> None:
    rng = np.random.default_rng(4)
    points, latents = rng.normal(size=(60, 2)).astype(np.float32), rng.uniform(size=(60, 3)).astype(np.float32)
    far = NeighbourAverage(points, latents)(np.array([[50, -50], [0, 0]], np.float32))
    assert far.min() >= 0
    assert far.max() <= 1


def test_the_regressor_learns_a_smooth_map_back() -> None:
    rng = np.random.default_rng(5)
    points = rng.uniform(-1, 1, size=(400, 2)).astype(np.float32)
    latents = np.column_stack([np.sin(points[:, 0] * 2), points[:, 1] ** 2, points.sum(1)]).astype(np.float32)
    asked = rng.uniform(-0.9, 0.9, size=(50, 2)).astype(np.float32)
    expected = np.column_stack([np.sin(asked[:, 0] * 2), asked[:, 1] ** 2, asked.sum(1)])
    found = SmoothRegression(points, latents, smoothing=0.0)(asked)
    assert np.abs(found - expected).max() < 0.05


def test_round_trip_error_is_small_for_a_flat_sheet_and_large_for_noise() -> None:
    rng = np.random.default_rng(6)
    flat = np.column_stack([rng.uniform(size=(400, 2)) * 10, np.zeros((400, 6))]).astype(np.float32)
    noise = rng.normal(size=(400, 30)).astype(np.float32)
    errors = []
    for data in (flat, noise):
        fitted = fit_map(data, PcaParams(), RunContext(1))
        errors.append(round_trip(fitted.points, NeighbourAverage(fitted.points, data), data, RunContext(1)))
    assert errors[0] < 0.15
    assert errors[1] > 0.4


def test_emptiness_is_about_one_among_the_data_and_high_outside() -> None:
    points = np.random.default_rng(7).normal(size=(500, 2)).astype(np.float32)
    density = density_of(points)
    assert 0.5 < np.median(density.emptiness(points)) <= 1.1
    assert density.emptiness(np.array([[30.0, 30.0]], np.float32))[0] > 10


def test_the_edges_of_a_map_hold_its_points_with_a_margin() -> None:
    points = np.array([[0, -4], [10, 16]], np.float32)
    assert map_edges(points) == pytest.approx((-0.5, 10.5, -5, 17))


def test_a_lasso_finds_the_points_inside_it() -> None:
    points = np.array([[0, 0], [2, 2], [0.4, -0.4], [-3, 0]], np.float32)
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32)
    assert within(points, square).tolist() == [0, 2]


def test_a_direction_leads_from_one_group_to_the_other() -> None:
    assert attribute_direction(np.zeros((3, 2)), np.tile([1.0, 2.0], (4, 1))).tolist() == [1, 2]
    with pytest.raises(MapError):
        attribute_direction(np.zeros((0, 2)), np.zeros((1, 2)))
