"""A fit that is watched: paused, resumed and stopped; and the ground under its points."""

from collections.abc import Callable

import numpy as np
import pytest

from genrepair_desktop.jobs.context import Cancelled, CancelToken, RunContext
from genrepair_desktop.latent.features import Features, MapError
from genrepair_desktop.latent.ground import ground_of
from genrepair_desktop.latent.inverse import NeighbourAverage
from genrepair_desktop.latent.map import Points, StageCache, fit_map, ignore_points
from genrepair_desktop.latent.pca import PcaParams, reduce, two_axes
from genrepair_desktop.latent.quality import trustworthiness
from genrepair_desktop.latent.tsne import TsneParams
from genrepair_desktop.latent.umap import UmapParams
from genrepair_desktop.latent.watched import WatchedFit

PARAMS = TsneParams(early=20, iterations=40, watch_every=10, threads=1)


@pytest.fixture(scope="module")
def features() -> Features:
    rng = np.random.default_rng(0)
    groups = rng.normal(size=(3, 8)) * 6
    return (groups[np.arange(180) % 3] + rng.normal(size=(180, 8))).astype(np.float32)


def after(frames: int, do: Callable[[], None]) -> Callable[[Points], None]:
    seen: list[Points] = []

    def live(points: Points) -> None:
        seen.append(points)
        if len(seen) == frames:
            do()

    return live


def test_a_fit_that_was_paused_ends_in_the_map_of_an_unbroken_one(features: Features) -> None:
    fit = WatchedFit(features, PARAMS, StageCache())
    assert fit.go_on(RunContext(3), after(4, fit.pause)) is None
    assert 0 < fit.fraction < 1
    assert fit.go_on(RunContext(3), ignore_points) is None, "still paused"
    fit.resume()
    resumed = fit.go_on(RunContext(3), ignore_points)
    assert resumed is not None
    assert np.array_equal(resumed.points, fit_map(features, PARAMS, RunContext(3)).points)


def test_umap_too_is_paused_resumed_and_stopped_and_places_new_points(features: Features) -> None:
    pytest.importorskip("umap")
    params = UmapParams(neighbours=10)
    fit = WatchedFit(features, params, StageCache())
    assert fit.can_pause
    assert fit.go_on(RunContext(3), after(5, fit.pause)) is None
    assert 0 < fit.fraction < 1
    fit.resume()
    resumed = fit.go_on(RunContext(3), ignore_points)
    assert resumed is not None
    assert np.array_equal(resumed.points, fit_map(features, params, RunContext(3)).points)
    assert trustworthiness(features, resumed.points) > trustworthiness(features, two_axes(reduce(features, 2))) - 0.05
    early = WatchedFit(features, params, StageCache())
    stopped = early.go_on(RunContext(3), after(4, early.stop))
    assert stopped is not None
    assert early.fraction < 0.2
    placed = resumed.project(features[:6])
    apart = np.linalg.norm(placed - resumed.points[:6], axis=1)
    assert np.median(apart) < 0.1 * float(np.ptp(resumed.points, axis=0).max()), "where they were when it was fitted"


def test_a_umap_under_way_can_be_cancelled(features: Features) -> None:
    pytest.importorskip("umap")
    token = CancelToken()
    fit = WatchedFit(features, UmapParams(neighbours=10), StageCache())
    with pytest.raises(Cancelled):
        fit.go_on(RunContext(3, token=token), after(4, token.cancel))
    assert fit.fraction < 0.2


def test_a_stop_takes_the_map_as_it_is_and_it_still_places_new_points(features: Features) -> None:
    fit = WatchedFit(features, PARAMS, StageCache())
    stopped = fit.go_on(RunContext(3), after(4, fit.stop))
    assert stopped is not None
    assert fit.fraction < 1
    assert stopped.project(features[:5]).shape == (5, 2)


def test_the_live_picture_moves_between_steps_too_and_shows_copies(features: Features) -> None:
    frames: list[Points] = []
    WatchedFit(features, PARAMS, StageCache()).go_on(RunContext(3), frames.append)
    assert len(frames) > 60 / PARAMS.watch_every + 2
    assert not np.array_equal(frames[2], frames[3])


def test_a_cancelled_fit_goes_on_where_it_was(features: Features) -> None:
    fit, token = WatchedFit(features, PARAMS, StageCache()), CancelToken()
    with pytest.raises(Cancelled):
        fit.go_on(RunContext(3, token=token), after(4, token.cancel))
    finished = fit.go_on(RunContext(3), ignore_points)
    assert finished is not None
    assert np.array_equal(finished.points, fit_map(features, PARAMS, RunContext(3)).points)


def test_a_plane_of_axes_cannot_be_paused_and_is_there_at_once(features: Features) -> None:
    fit = WatchedFit(features, PcaParams(), StageCache())
    assert not fit.can_pause
    assert fit.go_on(RunContext(), ignore_points) is not None


def test_too_few_pictures_are_refused(features: Features) -> None:
    with pytest.raises(MapError, match="at least 4"):
        WatchedFit(features[:3], PARAMS, StageCache()).go_on(RunContext(), ignore_points)


def test_the_ground_is_dense_among_the_points_and_empty_far_from_them() -> None:
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal(size=(300, 2)), rng.normal((12, 0), 1, (60, 2))]).astype(np.float32)
    ground = ground_of(points, cells=80, margin=0.2)
    left, right, bottom, top = ground.edges

    def at(x: float, y: float) -> tuple[int, int]:
        return round((top - y) / (top - bottom) * 79), round((x - left) / (right - left) * 79)

    assert ground.presence[at(0, 0)] > 0.8
    assert ground.presence[at(6, 0)] == 0
    assert ground.density[at(0, 0)] > 2 * ground.density[at(12, 0)] > 0
    assert ground.density.max() == 1


def test_the_top_of_the_ground_is_the_upper_end_of_the_map() -> None:
    points = np.array([[0, 0], [1, 0], [0.5, 0.1], [0.5, 9], [0.6, 0.2]], np.float32)
    ground = ground_of(points, cells=40)
    assert ground.density[:8].sum() < ground.density[-8:].sum()


def test_an_average_that_keeps_lengths_is_as_long_as_its_neighbours() -> None:
    rng = np.random.default_rng(2)
    points, latents = rng.normal(size=(200, 2)).astype(np.float32), rng.normal(size=(200, 40)).astype(np.float32)
    asked = rng.normal(size=(30, 2)).astype(np.float32)
    plain = np.linalg.norm(NeighbourAverage(points, latents)(asked), axis=1)
    kept = np.linalg.norm(NeighbourAverage(points, latents, keeps_length=True)(asked), axis=1)
    assert plain.mean() < 0.75 * np.sqrt(40)
    np.testing.assert_allclose(kept, np.sqrt(40), rtol=0.3)


def test_the_shares_of_an_average_add_up_to_one_and_name_the_nearest_points() -> None:
    rng = np.random.default_rng(3)
    points, latents = rng.normal(size=(50, 2)).astype(np.float32), rng.normal(size=(50, 4)).astype(np.float32)
    average = NeighbourAverage(points, latents, neighbours=5)
    indices, shares = average.weights(points[:3])
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert list(indices[:, 0]) == [0, 1, 2]
    assert (shares.argmax(axis=1) == 0).all()
