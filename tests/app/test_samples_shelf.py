"""The shelf: what gallery, map and fusion share."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Shelf


def entry(value: float = 0.5, *, side: int = 8, channels: int = 3) -> Entry:
    return Entry(NO_KEY, "generated", "tiny", np.full((side, side, channels), value, np.float32), None, "one", 7)


def test_every_entry_gets_a_key_that_is_never_given_again(qtbot: QtBot) -> None:
    shelf = Shelf()
    first = shelf.add([entry(), entry()])
    shelf.remove(first)
    second = shelf.add([entry()])
    assert not set(first) & set(second)
    assert [e.key for e in shelf.entries()] == second


def test_selection_keeps_the_order_of_choice_and_loses_what_is_removed(qtbot: QtBot) -> None:
    shelf = Shelf()
    a, b, c = shelf.add([entry(), entry(), entry()])
    shelf.select([c, a, c, 99])
    assert shelf.selected == (c, a)
    with qtbot.waitSignals([shelf.removed, shelf.selected_changed]):
        shelf.remove([c])
    assert shelf.selected == (a,)
    with qtbot.assertNotEmitted(shelf.selected_changed):
        shelf.remove([b])


def test_a_star_goes_with_its_entry(qtbot: QtBot) -> None:
    shelf = Shelf()
    (a,) = shelf.add([entry()])
    with qtbot.waitSignal(shelf.starred_changed, check_params_cb=lambda keys: keys == [a]):
        shelf.star([a, 99], True)
    assert shelf.is_starred(a)
    shelf.remove([a])
    assert not shelf.is_starred(a)


def test_removing_the_entry_under_the_pointer_ends_the_hover(qtbot: QtBot) -> None:
    shelf = Shelf()
    (a,) = shelf.add([entry()])
    shelf.hover(a)
    with qtbot.waitSignal(shelf.hovered, check_params_cb=lambda key: key is None):
        shelf.remove([a])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_thumbnail_has_the_size_and_tone_of_its_picture(qtbot: QtBot, channels: int) -> None:
    shelf = Shelf()
    (key,) = shelf.add([entry(0.6, channels=channels)])
    image = shelf.thumbnail(key, 24)
    assert (image.width(), image.height()) == (24, 24)
    assert image.pixelColor(12, 12).red() == 153


def test_a_picture_that_is_not_square_is_refused(qtbot: QtBot) -> None:
    with pytest.raises(ValueError, match="side, side"):
        Shelf().add([Entry(NO_KEY, "mine", "", np.zeros((8, 9, 3), np.float32), None, "x")])


def test_pictures_are_kept_in_8_bits_and_given_back_as_methods_see_them(qtbot: QtBot) -> None:
    shelf, picture = Shelf(), np.random.default_rng(1).random((6, 6, 3), dtype=np.float32)
    (key,) = shelf.add([Entry(NO_KEY, "generated", "m", picture, None, "")])
    entry = shelf.entry(key)
    assert entry.made.nbytes == picture.nbytes / 4
    assert entry.picture.dtype == np.float32
    assert np.abs(entry.picture - picture).max() <= 0.5 / 255 + 1e-6
    (again,) = shelf.add([entry])
    assert np.array_equal(shelf.entry(again).picture, entry.picture), "nothing more is lost"


def test_thumbnails_of_the_shelf_keep_to_a_limit_in_bytes(qtbot: QtBot) -> None:
    shelf, picture = Shelf(room=lambda: 3 * 32 * 32 * 3), np.zeros((6, 6, 3), np.float32)
    keys = shelf.add([Entry(NO_KEY, "generated", "m", picture, None, "")] * 6)
    images = [shelf.thumbnail(key, 32) for key in keys]
    assert shelf.thumbnail(keys[-1], 32) is images[-1], "the last ones are kept"
    assert shelf.thumbnail(keys[0], 32) is not images[0], "the first had to go"
