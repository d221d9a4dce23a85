"""The latent map's state: fitted, watched, paused and joined by newcomers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser import map_notes
from genrepair_desktop.app.browser.map_features import (
    FeatureSource,
    feature_sources,
    features_of,
    fitted_to,
    suited_source,
)
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.map_table import MapTable
from genrepair_desktop.app.browser.map_work import fitting_params
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Kind, Shelf
from genrepair_desktop.app.engine_thread import JobDesk
from genrepair_desktop.generate.model import LatentModel
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.map import map_kinds
from genrepair_desktop.latent.pca import PcaParams
from genrepair_desktop.latent.tsne import TsneParams
from tests.tiny_models import make_model

VAE, GAN = "vae-portraits", "gan-portraits"


class TinyModels:
    """Two untrained models that are always there."""

    def __init__(self, ids: Sequence[str] = (VAE, GAN)) -> None:
        kinds = {VAE: "conv-vae", GAN: "style-generator"}
        self._models: dict[str, Any] = {i: make_model(kinds[i]) for i in ids}

    def ids(self) -> tuple[str, ...]:
        return tuple(self._models)

    def encoders(self) -> tuple[str, ...]:
        return self.ids()

    def open(self, model_id: str) -> LatentModel:
        return self._models[model_id]

    open_latent = open


@pytest.fixture(scope="module")
def models() -> Any:
    return TinyModels()


@pytest.fixture
def shelf(qtbot: QtBot) -> Shelf:
    return Shelf()


def made(models: Any, model_id: str, n: int, seed: int = 0, kind: Kind = "generated") -> list[Entry]:
    samples = models.open(model_id).sample(n, RunContext(seed))
    return [
        Entry(NO_KEY, kind, model_id, picture, latent, f"{i}", seed)
        for i, (picture, latent) in enumerate(zip(samples.pictures, samples.latents, strict=True))
    ]


def photos(n: int, seed: int = 9, kind: Kind = "real") -> list[Entry]:
    rng = np.random.default_rng(seed)
    return [Entry(NO_KEY, kind, "", rng.random((20, 20, 1), np.float32), None, f"photo {i}") for i in range(n)]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures count as settled sooner: a test adds all of them at once."""
    monkeypatch.setattr("genrepair_desktop.app.browser.map_session._SETTLE_MS", 50)


@pytest.fixture
def session(shelf: Shelf, desk: JobDesk, models: Any) -> MapSession:
    return MapSession(shelf, desk, models)


def settle(session: MapSession, desk: JobDesk, qtbot: QtBot) -> None:
    """Until a map is there and measured, and nobody waits for a place."""

    def is_still() -> bool:
        here = set(session.table.keys)
        is_placed = all(entry.key in here for entry in session.shelf.entries())
        return desk.is_idle and session.fitted is not None and session.aids is not None and is_placed

    qtbot.waitUntil(is_still, timeout=60_000)


def test_samples_get_a_map_by_themselves_once_they_have_stopped_coming(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    first = shelf.add(made(models, VAE, 20))
    second = shelf.add(made(models, VAE, 12, seed=1))
    settle(session, desk, qtbot)
    assert session.table.keys == tuple(first + second)
    assert session.shown_kind == "pca", "too few for neighbourhoods"
    assert session.source == FeatureSource("encoder", VAE)
    assert np.isfinite(session.table.points).all()
    assert session.picture_model == VAE


def test_a_map_of_the_first_few_is_made_anew_when_far_more_came_unless_it_was_asked_for(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    shelf.add(made(models, VAE, 10))
    settle(session, desk, qtbot)
    first = session.fitted
    shelf.add(made(models, VAE, 16, seed=1))
    qtbot.waitUntil(lambda: session.fitted is not None and session.fitted is not first, timeout=60_000)
    settle(session, desk, qtbot)
    session.fit()
    settle(session, desk, qtbot)
    asked = session.fitted
    shelf.add(made(models, VAE, 40, seed=2))
    settle(session, desk, qtbot)
    assert session.fitted is asked
    assert len(session.table) == 66


def test_newcomers_land_on_the_map_and_nothing_else_moves(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    shelf.add(made(models, VAE, 100))
    settle(session, desk, qtbot)
    assert session.shown_kind == "tsne"
    before, fitted = session.table.points.copy(), session.fitted
    mine = shelf.add(photos(3, kind="mine"))
    settle(session, desk, qtbot)
    assert session.fitted is fitted
    assert session.table.keys[-3:] == tuple(mine)
    assert np.array_equal(session.table.points[:100], before)
    assert session.table.newcomers == 3
    assert session.table.counts() == {"generated": 100, "mine": 3}


def test_the_optimisation_is_watched_paused_and_resumed(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    shelf.add(made(models, VAE, 120))
    session.choose_kind("tsne")
    session.choose_params(TsneParams(perplexity=10, early=100, iterations=4000, watch_every=5, threads=1))
    frames: list[np.ndarray] = []
    session.placed.connect(lambda: frames.append(session.table.points))
    session.fit()
    qtbot.waitUntil(lambda: len(frames) > 3 and session.can_pause, timeout=60_000)
    session.pause()
    qtbot.waitUntil(lambda: session.is_paused, timeout=60_000)
    assert desk.is_idle, "a paused fit keeps nobody from other work"
    assert session.fitted is None
    count = len(frames)
    session.resume()
    assert session.is_fitting
    qtbot.waitUntil(lambda: len(frames) > count + 2, timeout=60_000)
    session.stop()
    settle(session, desk, qtbot)
    assert np.isfinite(session.table.points).all()
    assert not np.array_equal(frames[0], frames[-1])


def test_another_map_takes_the_place_of_one_under_way_and_the_stages_are_reused(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    shelf.add(made(models, VAE, 100))
    session.choose_params(TsneParams(early=100, iterations=4000, threads=1))
    session.fit()
    qtbot.waitUntil(lambda: session.can_pause, timeout=60_000)
    session.choose_kind("pca")
    session.fit()
    settle(session, desk, qtbot)
    assert session.shown_kind == "pca"
    assert not session.is_fitting
    encodings: list[int] = []
    model = models.open(VAE)
    encode = model.encode
    model.encode = lambda pictures: encodings.append(len(pictures)) or encode(pictures)
    try:
        session.choose_params(PcaParams(first=1, second=2))
        session.fit()
        settle(session, desk, qtbot)
    finally:
        del model.encode
    assert not encodings, "features of pictures that were encoded before are kept"


def test_removed_pictures_leave_the_map(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    keys = shelf.add(made(models, VAE, 30))
    settle(session, desk, qtbot)
    places = dict(zip(session.table.keys, session.table.points.tolist(), strict=True))
    shelf.remove(keys[:10])
    assert session.table.keys == tuple(keys[10:])
    assert session.table.points.tolist() == [places[key] for key in keys[10:]]
    qtbot.waitUntil(lambda: desk.is_idle, timeout=60_000)


def test_after_the_shelf_was_cleared_new_pictures_get_a_map_of_their_own(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    keys = shelf.add(made(models, VAE, 20))
    settle(session, desk, qtbot)
    before = session.fitted
    shelf.remove(keys)
    assert session.fitted is None
    assert session.aids is None
    new = shelf.add(made(models, GAN, 12))
    settle(session, desk, qtbot)
    assert session.fitted is not before
    assert session.table.keys == tuple(new)
    assert session.source == FeatureSource("encoder", GAN)


def test_too_few_pictures_are_said_in_a_sentence(session: MapSession, shelf: Shelf, models: Any, qtbot: QtBot) -> None:
    shelf.add(made(models, VAE, 3))
    session.fit()
    qtbot.waitUntil(lambda: not session.is_fitting, timeout=60_000)
    assert "at least 4 pictures" in session.problem


def test_real_and_generated_are_compared_and_the_way_back_is_measured(
    session: MapSession, shelf: Shelf, desk: JobDesk, models: Any, qtbot: QtBot
) -> None:
    shelf.add([*made(models, VAE, 60), *photos(40)])
    settle(session, desk, qtbot)
    assert session.aids is not None
    assert session.aids.way_back is not None
    assert session.aids.range is not None
    assert session.aids.range[0] > 0.5, "noise is not like the pictures of the model"
    assert 0 < session.aids.figures["trust"] <= 1
    assert set(session.aids.way_back.errors) == {"average", "smooth"}
    assert all(error > 0 for error in session.aids.way_back.errors.values())


def test_neighbours_are_those_of_the_features_not_of_the_map() -> None:
    features = np.array([[0, 0, 0], [1, 0, 0], [0, 0, 9], [0, 0.2, 9]], np.float32)
    points = np.array([[0, 0], [9, 9], [0.1, 0], [5, 5]], np.float32)
    table = MapTable((10, 11, 12, 13), ("real",) * 4, points, features, 4)
    assert table.neighbours(10, 2)[0] == 11
    assert table.neighbours(12, 1) == (13,)
    assert table.neighbours(99, 1) == ()


def test_rows_of_keys_keep_the_order_that_was_asked() -> None:
    table = MapTable(
        (5, 7, 9), ("real", "mine", "real"), np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32), 3
    )
    assert table.rows_of((9, 5, 1)).tolist() == [2, 0]
    assert table.of_kind("mine").tolist() == [1]


@pytest.mark.parametrize(
    ("owners", "encoders", "expected"),
    [
        ([VAE, VAE, ""], (GAN, VAE), FeatureSource("encoder", VAE)),
        ([GAN, GAN, VAE], (VAE, GAN), FeatureSource("encoder", GAN)),
        (["rnn-portraits"], ("vae-digits", VAE), FeatureSource("encoder", VAE)),
        (["rnn-landscapes"], ("vae-digits", VAE), FeatureSource("encoder", "vae-digits")),
        (["", ""], (VAE,), FeatureSource("encoder", VAE)),
        (["", ""], (), FeatureSource("pixels")),
    ],
)
def test_the_source_of_features_suits_the_pictures(
    owners: list[str], encoders: tuple[str, ...], expected: FeatureSource
) -> None:
    latent, picture = np.zeros(3, np.float32), np.zeros((4, 4, 1), np.float32)
    entries = [Entry(i, "real", o, picture, latent if o in encoders else None, "") for i, o in enumerate(owners)]
    assert suited_source(entries, encoders) == expected
    assert expected in feature_sources(encoders)


def test_every_picture_has_features_of_an_encoder_whatever_its_size_and_colour(models: Any) -> None:
    entries = [Entry(i, e.kind, "", e.picture, None, "") for i, e in enumerate(photos(3) + made(models, GAN, 2))]
    for source in (FeatureSource("encoder", VAE), FeatureSource("pixels")):
        found = features_of(entries, source, models, RunContext())
        assert set(found) == {0, 1, 2, 3, 4}
        assert all(np.isfinite(row).all() and row.ndim == 1 for row in found.values())


def test_pictures_of_the_right_size_are_taken_as_they_are() -> None:
    picture = np.random.default_rng(0).random((8, 8, 3), np.float32)
    assert np.array_equal(fitted_to([picture], 8, 3)[0], picture)
    grey = fitted_to([picture], 8, 1)[0]
    np.testing.assert_allclose(grey[..., 0], picture @ np.array([0.299, 0.587, 0.114]), rtol=1e-5)
    assert np.array_equal(fitted_to([grey], 8, 3)[0], np.repeat(grey, 3, axis=2))


def test_a_perplexity_too_large_for_the_pictures_is_lowered_and_said() -> None:
    params, note = fitting_params(TsneParams(perplexity=30), 40)
    assert isinstance(params, TsneParams)
    assert params.perplexity == 13
    assert "13" in note
    assert fitting_params(TsneParams(perplexity=30), 400)[1] == ""


def test_an_imbalance_and_many_newcomers_are_said() -> None:
    kinds: tuple[Kind, ...] = ("generated",) * 400 + ("real",) * 5
    table = MapTable(tuple(range(405)), kinds, np.zeros((405, 2), np.float32), np.zeros((405, 2), np.float32), 100)
    said = " ".join(map_notes.notes(table, FeatureSource("pixels"), "pca", said="", model_id=""))
    assert "400 generated beside 5 real" in said
    assert "305 of 405 came after" in said


def test_every_figure_and_setting_has_words() -> None:
    for name in ("trust", "kl", "explained", "told-apart"):
        said, help = map_notes.figure_words(name, 0.5)
        assert said
        assert len(help) > 40


def test_every_kind_of_map_and_each_of_its_settings_has_words() -> None:
    assert set(map_kinds()) == set(map_notes.MAP_TITLES) == set(map_notes.MAP_HELP)
    for kind, make in map_kinds().items():
        for name in vars(make()):
            assert name in ("kind", "threads") or name in map_notes.SETTING_TITLES, (kind, name)
