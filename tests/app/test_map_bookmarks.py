"""Bookmarks of the map outlive the program: in the photo's project, else in a file of the user's own."""

import base64
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser.bookmark_file import (
    MOST_BOOKMARKS,
    Marked,
    clean_name,
    from_values,
    own_file,
    read_own,
    values_of,
    write_own,
)
from genrepair_desktop.app.browser.bookmark_keeper import EXTRA, BookmarkKeeper
from genrepair_desktop.app.browser.map_bookmarks import MapBookmarks
from genrepair_desktop.app.browser.map_probe import Probed
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.project_actions import ProjectActions
from genrepair_desktop.app.workbench import Sessions
from tests.app.test_map_session import VAE, TinyModels

WAIT = 30_000


def marked(name: str = "smile", seed: int = 0, side: int = 8) -> Marked:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Marked(name, VAE, picture, rng.normal(size=6).astype(np.float32))


def same(first: Marked, second: Marked) -> bool:
    is_alike = (first.name, first.model_id) == (second.name, second.model_id)
    return is_alike and np.array_equal(first.picture, second.picture) and np.array_equal(first.latent, second.latent)


def test_a_bookmark_comes_back_from_json_to_the_last_bit() -> None:
    some = [marked("one"), marked("two", 1, 28)]
    back = from_values(json.loads(json.dumps(values_of(some), allow_nan=False)))
    assert len(back) == 2
    assert all(same(a, b) for a, b in zip(some, back, strict=True))


def bomb() -> str:
    return base64.b64encode(zlib.compress(bytes(50 * 2**20))).decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", 7), ("model", None), ("model", "m" * 500), ("side", 0), ("side", 10**6), ("side", True),
        ("channels", 2), ("picture", "no base 64"), ("picture", "AAAA"), ("picture", bomb()), ("latent", ""),
        ("latent", base64.b64encode(np.full(6, np.nan, "<f4").tobytes()).decode()), ("latent", "AAA="),
    ],
)  # fmt: skip
def test_a_forged_bookmark_is_left_out_and_the_others_stay(field: str, value: object) -> None:
    forged = {**marked("bad").value, field: value}
    found = from_values([forged, marked("good").value])
    if field == "picture" and value == bomb():
        assert all(one.picture.nbytes == 8 * 8 * 3 for one in found), "never unpacked further than the picture"
    else:
        assert [one.name for one in found] == ["good"]


@pytest.mark.parametrize("values", [None, 3, {}, "text", [None, [], "x", 5, {}]])
def test_what_is_no_list_of_bookmarks_gives_none(values: object) -> None:
    assert from_values(values) == ()


def test_more_bookmarks_than_anybody_can_use_are_cut_off() -> None:
    assert len(from_values([marked().value] * (MOST_BOOKMARKS + 50))) == MOST_BOOKMARKS


def test_names_fit_into_one_line() -> None:
    assert clean_name("  a\n b\t c ") == "a b c"
    assert len(clean_name("x" * 500)) <= 60
    assert "\u202e" not in clean_name("gpj\u202eexe")


def test_the_users_own_file_holds_bookmarks_and_a_broken_one_is_none() -> None:
    assert read_own() == ()
    write_own([marked()])
    assert [one.name for one in read_own()] == ["smile"]
    own_file().write_text("{ broken")
    assert read_own() == ()


@pytest.fixture(scope="module")
def models() -> Any:
    return TinyModels()


class Kept:
    """Bookmarks with their keeper, over the sessions of a photo."""

    def __init__(self, sessions: Sessions, models: Any) -> None:
        self.photo: DocumentSession = sessions.session
        self.studio = Studio(self.photo.desk, models, self.photo.settings)
        self.map = MapSession(self.studio.shelf, self.photo.desk, models)
        self.bookmarks = MapBookmarks(self.map, self.photo.desk)
        self.keeper = BookmarkKeeper(self.bookmarks, self.photo, self.studio)

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.bookmarks.bookmarks]

    def add(self, model: Any) -> None:
        latent = np.asarray(model.centre, np.float32)
        picture = model.decode(latent[None])[0]
        self.bookmarks.add(Probed((0.1, 0.2), picture, latent, model.id, (), True, False, 1.0, 0.01))


@pytest.fixture
def kept(sessions: Sessions, models: Any, qtbot: QtBot) -> Kept:
    made = Kept(sessions, models)
    qtbot.waitUntil(lambda: sessions.session.desk.is_idle, timeout=WAIT)
    return made


@pytest.fixture
def projects(sessions: Sessions, qtbot: QtBot) -> Iterator[ProjectActions]:
    window = QWidget()
    qtbot.addWidget(window)
    yield ProjectActions(sessions.session, window)
    sessions.session.close()


def test_without_a_photo_bookmarks_are_there_again_at_the_next_start(
    kept: Kept, sessions: Sessions, models: Any, qtbot: QtBot
) -> None:
    kept.add(models.open(VAE))
    kept.add(models.open(VAE))
    kept.bookmarks.rename(kept.bookmarks.bookmarks[0].key, "smile")
    qtbot.waitUntil(lambda: sessions.session.desk.is_idle, timeout=WAIT)
    again = Kept(sessions, models)
    qtbot.waitUntil(lambda: again.names == ["smile", "Place 2"], timeout=WAIT)
    first = again.bookmarks.bookmarks[0]
    assert first.place is None, "no map says where it lies"
    assert same(first.marked, kept.bookmarks.bookmarks[0].marked)


def test_a_project_brings_its_bookmarks_and_takes_them_away(
    kept: Kept, open_sessions: Sessions, projects: ProjectActions, models: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    photo, path = open_sessions.session, tmp_path / "work.genrepair"
    kept.add(models.open(VAE))
    with qtbot.waitSignal(projects.saved, timeout=WAIT):
        projects.save_to(path)
    assert photo.is_clean
    photo.close()
    kept.bookmarks.remove(kept.bookmarks.bookmarks[0].key)
    assert kept.names == []
    with qtbot.waitSignal(photo.opened, timeout=WAIT):
        projects.open_path(path)
    assert kept.names == ["Place 1"]
    kept.bookmarks.rename(kept.bookmarks.bookmarks[0].key, "smile")
    assert not photo.is_clean, "it is nowhere but in this project"
    with qtbot.waitSignal(projects.saved, timeout=WAIT):
        projects.save()
    photo.close()
    assert kept.names == [], "the user's own are shown again, and there are none"
    with qtbot.waitSignal(photo.opened, timeout=WAIT):
        projects.open_path(path)
    assert kept.names == ["smile"]


def test_saving_without_the_samples_workspace_loses_no_bookmark(
    open_sessions: Sessions, projects: ProjectActions, tmp_path: Path, qtbot: QtBot
) -> None:
    photo, path = open_sessions.session, tmp_path / "work.genrepair"
    photo.keep_extra(EXTRA, values_of([marked()]), is_unsaved=True)
    for _ in range(2):
        with qtbot.waitSignal(projects.saved, timeout=WAIT):
            projects.save_to(path)
        photo.close()
        with qtbot.waitSignal(photo.opened, timeout=WAIT):
            projects.open_path(path)
    assert [one.name for one in from_values(photo.extras[EXTRA])] == ["smile"]


def test_recovered_work_gets_the_bookmarks_of_its_project_back(
    kept: Kept, open_sessions: Sessions, projects: ProjectActions, tmp_path: Path, qtbot: QtBot
) -> None:
    photo, path = open_sessions.session, tmp_path / "work.genrepair"
    photo.keep_extra(EXTRA, values_of([marked()]), is_unsaved=True)
    with qtbot.waitSignal(projects.saved, timeout=WAIT):
        projects.save_to(path)
    document, history = photo.document, photo.history
    assert document is not None
    assert history is not None
    photo.close()
    assert kept.names == []
    projects.belongs_to(document, path)
    photo.adopt(document, history, "work")
    qtbot.waitUntil(lambda: kept.names == ["smile"], timeout=WAIT)
