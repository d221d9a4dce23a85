"""Settings survive a restart with their types; what does not fit falls back to the default."""

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from genrepair_desktop.app.settings import Setting, Settings


def reopened(settings: Settings) -> Settings:
    """The same file read by a new process, as far as Qt can tell."""
    name = settings.store.fileName()
    settings.store.sync()
    return Settings(QSettings(name, QSettings.Format.IniFormat))


def test_every_type_comes_back_from_the_file_as_it_went(settings: Settings) -> None:
    settings.wheel_zooms = False
    settings.overlay_opacity = 0.3
    settings.candidates = 9
    settings.theme = "light"
    again = reopened(settings)
    assert again.wheel_zooms is False
    assert again.overlay_opacity == pytest.approx(0.3)
    assert again.candidates == 9
    assert again.theme == "light"


def test_a_value_outside_its_range_is_refused_and_a_stored_one_ignored(settings: Settings) -> None:
    with pytest.raises(ValueError, match="theme"):
        settings.theme = "pink"
    settings.store.setValue("repair/candidates", 5000)
    settings.store.setValue("view/theme", "pink")
    assert settings.candidates == Settings.candidates.default
    assert settings.theme == "dark"


def test_defaults_fit_their_own_ranges() -> None:
    found = {name: value for name, value in vars(Settings).items() if isinstance(value, Setting)}
    assert len(found) > 15
    assert not [name for name, setting in found.items() if not setting.allows(setting.default)]
    assert len({setting.key for setting in found.values()}) == len(found)


def test_recent_files_are_newest_first_and_drop_what_is_gone(settings: Settings, tmp_path: Path) -> None:
    photos = [tmp_path / f"{number}.png" for number in range(3)]
    for photo in photos:
        photo.write_bytes(b"x")
        settings.add_recent_file(photo)
    settings.add_recent_file(photos[0])
    photos[1].unlink()
    assert reopened(settings).recent_files == [photos[0], photos[2]]
    settings.clear_recent_files()
    assert reopened(settings).recent_files == []


def test_own_shortcuts_may_be_several_none_or_built_in(settings: Settings) -> None:
    assert settings.shortcuts("edit.redo") is None
    settings.set_shortcuts("edit.redo", ("Ctrl+Y", "F7"))
    assert reopened(settings).shortcuts("edit.redo") == ("Ctrl+Y", "F7")
    settings.set_shortcuts("edit.redo", ())
    assert reopened(settings).shortcuts("edit.redo") == ()
    settings.set_shortcuts("edit.redo", None)
    assert reopened(settings).shortcuts("edit.redo") is None
