"""Does each kind of work once before a soak: what is loaded when it is first asked for would look like a leak.

Libraries, compiled kernels and networks take some 200 MiB together, and a random user comes upon the last of them
after ten minutes or so.
"""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QApplication

from genrepair_desktop.app.browser import map_work
from genrepair_desktop.app.browser.map_features import FeatureSource
from genrepair_desktop.app.browser.sample_work import Choice, sample_part
from genrepair_desktop.app.browser.shelf import Entry
from genrepair_desktop.app.composition import Program
from genrepair_desktop.app.editor.warm_up import smallest_repair
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.latent.map import Points, StageCache, map_kinds
from genrepair_desktop.repair.catalog import all_methods
from genrepair_desktop.repair.detect import find_damage
from genrepair_desktop.repair.method import ModelLoader

# as many as a map of neighbourhoods needs
_ON_A_MAP = 64
_LONGEST_WAIT_S = 30


def do_all_once(program: Program) -> None:
    """Load what each kind of work loads; on the calling thread, before the window is played."""
    load_methods(program.sessions.repair.models.loader)
    window = program.window
    window.show_samples()
    _wait_until(lambda: window.samples_workspace().map is not None)
    load_samples(window.samples_workspace().parts.studio.models)
    window.show_photo()
    for show in (window.dialogs.train, window.dialogs.models):
        show()
        dialog = window.dialogs.open_dialog
        if dialog is not None:
            dialog.close()
    _wait_until(lambda: program.desk.is_idle)


def load_methods(models: ModelLoader) -> None:
    """The smallest repair by every method, and a look for damage."""
    ctx = RunContext()
    for method in all_methods():
        smallest_repair(method, models, ctx)
    find_damage(np.full((64, 64, 3), 128, np.uint8), models, ctx)


def load_samples(models: GenerativeModels) -> None:
    """A picture by every model, and a map of every kind with what is measured of it."""
    ctx = RunContext()
    for model_id in models.ids():
        sample_part(models, Choice(model_id), 0, 1, ctx)
    for model_id in models.encoders()[:1]:
        first = sample_part(models, Choice(model_id), 0, _ON_A_MAP, ctx)
        entries = tuple(replace(entry, key=key) for key, entry in enumerate(first))
        for kind in map_kinds():
            _map_once(kind, entries, FeatureSource("encoder", model_id), models)


def _map_once(kind: str, entries: tuple[Entry, ...], source: FeatureSource, models: GenerativeModels) -> None:
    ctx = RunContext()
    wish = map_work.Wish(entries, source, map_kinds()[kind](), {})
    placing = map_work.begin(wish, models, StageCache(), _ignore, ctx)
    if placing.fitted is None:
        return
    map_work.place(entries[:1], source, placing.fitted, models, ctx)
    measured = map_work.Measured(entries, placing.features, placing.fitted.points, source, placing.fitted.facts)
    map_work.aids_of(measured, models, ctx)


def _ignore(placing: map_work.Placing, points: Points) -> None:
    """Nobody watches."""


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONGEST_WAIT_S
    while not is_so() and time.monotonic() < end:
        QApplication.processEvents()
