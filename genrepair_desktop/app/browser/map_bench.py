"""How quick the latent map is with many points: the first picture, panning, pointing, dragging.

python -m genrepair_desktop.app.browser.map_bench MODEL [--points 10000]
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from genrepair_desktop.app.browser.map_features import FeatureSource
from genrepair_desktop.app.browser.map_panel import MapPanel
from genrepair_desktop.app.browser.shelf import NO_KEY, Entry, Shelf
from genrepair_desktop.app.engine_thread import EngineThread, JobDesk
from genrepair_desktop.app.theme import load_theme
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import LatentModel
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.registry.store import ModelStore

_PANEL = 700, 800
_PICTURES = 64
_STEPS = 60
_LIMIT_S = 300.0


def measure_map(model_id: str, n: int = 10_000) -> dict[str, float]:
    """Figures in milliseconds, but for ``*_s``, for n latents of one model on the map.

    Keys:
        first_s / fitted_s: from pressing "Make map" to the first points painted, and to the finished map. Features
            are given, as after an earlier map: encoding 10,000 pictures takes as long as the encoder takes.
        pan, zoom: a step with the repaint of everything it causes.
        point: the pointer moves over the points; with the repaint of card and ring.
        drag: from a mouse event of a drag to the painted picture of that very place.
        Of each but the first two the median, p95 and max.
    """
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    bench = _Bench(application, GenerativeModels(ModelStore.installed()), model_id)
    try:
        figures = bench.fitting(n)
        figures |= bench.moving()
        figures |= bench.pointing()
        figures |= bench.dragging()
    finally:
        bench.close()
    return {key: round(value, 2) for key, value in figures.items()}


class _Bench:
    def __init__(self, application: QApplication, models: GenerativeModels, model_id: str) -> None:
        self._application, self._models = application, models
        self._engine = EngineThread()
        self._desk = JobDesk(self._engine, self._engine)
        self._engine.start()
        self.shelf = Shelf()
        self.panel = MapPanel(self.shelf, self._desk, models, load_theme("dark"))
        self.panel.resize(*_PANEL)
        self.panel.show()
        self._model: LatentModel = models.open_latent(model_id)

    def close(self) -> None:
        self.panel.shut_down()
        self._engine.shut_down()
        self.panel.close()

    def fitting(self, n: int) -> dict[str, float]:
        session, model = self.panel.session, self._model
        pictures = model.sample(_PICTURES, RunContext(1)).pictures
        latents = _grouped(n, model)
        keys = self.shelf.add(
            Entry(NO_KEY, "generated" if i % 2 else "real", model.id, pictures[i % _PICTURES], latents[i], str(i))
            for i in range(n)
        )
        source = FeatureSource("encoder", model.id)
        session.choose_source(source)
        session.choose_kind("tsne")
        session.remember(source, keys, latents)
        start = time.perf_counter()
        session.fit()
        self._until(lambda: len(session.table) > 0)
        self.panel.view.repaint()
        first = time.perf_counter() - start
        self._until(lambda: session.fitted is not None)
        fitted = time.perf_counter() - start
        self._until(lambda: session.aids is not None and self._desk.is_idle)
        return {"points": n, "first_s": first, "fitted_s": fitted}

    def moving(self) -> dict[str, float]:
        overlay = self.panel.view.overlay

        def pan(i: int) -> None:
            overlay.panned.emit(3.0 if i % 20 < 10 else -3.0, 2.0)

        def zoom(i: int) -> None:
            overlay.zoomed.emit(1.05 if i % 20 < 10 else 1 / 1.05, 300.0, 250.0)

        figures = self._timed("pan", pan) | self._timed("zoom", zoom)
        self.panel.view.show_all()
        return figures

    def pointing(self) -> dict[str, float]:
        view = self.panel.view
        at = view.frame.to_pixels(self.panel.session.table.points)[:: max(1, len(self.shelf.entries()) // _STEPS)]

        def point(i: int) -> None:
            self._mouse(QEvent.Type.MouseMove, at[i % len(at)], Qt.MouseButton.NoButton)

        return self._timed("point", point)

    def dragging(self) -> dict[str, float]:
        probe = self.panel.probe
        left = Qt.MouseButton.LeftButton
        self._mouse(QEvent.Type.MouseButtonPress, (200, 200), left)
        spent: list[float] = []
        for i in range(_STEPS):
            start = time.perf_counter()
            self._mouse(QEvent.Type.MouseMove, (210 + 4 * i, 220 + 2 * i), left)
            wanted = probe.place
            self._until(lambda wanted=wanted: probe.shown is not None and probe.shown.place == wanted, rest=0.0)
            self.panel.view.overlay.repaint()
            spent.append(time.perf_counter() - start)
        self._mouse(QEvent.Type.MouseButtonRelease, (450, 340), left)
        return _summary("drag", spent)

    def _timed(self, name: str, step: Callable[[int], None]) -> dict[str, float]:
        spent: list[float] = []
        for i in range(_STEPS):
            start = time.perf_counter()
            step(i)
            self.panel.view.overlay.repaint()
            spent.append(time.perf_counter() - start)
        return _summary(name, spent)

    def _mouse(self, kind: QEvent.Type, at: Sequence[float], button: Qt.MouseButton) -> None:
        overlay = self.panel.view.overlay
        place = QPointF(float(at[0]), float(at[1]))
        shared = place, QPointF(overlay.mapToGlobal(place)), button, button, Qt.KeyboardModifier.NoModifier
        self._application.sendEvent(overlay, QMouseEvent(kind, *shared))

    def _until(self, is_so: Callable[[], bool], rest: float = 0.002) -> None:
        start = time.perf_counter()
        while not is_so():
            self._application.processEvents()
            time.sleep(rest)
            if time.perf_counter() - start > _LIMIT_S:
                raise TimeoutError("the map was not ready in time")


def _grouped(n: int, model: LatentModel) -> np.ndarray:
    """Latents in ten groups, as pictures of ten kinds would give."""
    rng = np.random.default_rng(0)
    middles = rng.normal(size=(10, model.latent_dim))
    rows = 0.8 * middles[rng.integers(0, 10, n)] + 0.6 * rng.normal(size=(n, model.latent_dim))
    return (model.centre + model.spread * rows).astype(np.float32)


def _summary(name: str, seconds: Sequence[float]) -> dict[str, float]:
    spent = 1000 * np.array(seconds)
    return {f"{name}_median": float(np.median(spent)), f"{name}_p95": float(np.percentile(spent, 95)),
            f"{name}_max": float(spent.max())}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model")
    parser.add_argument("--points", type=int, default=10_000)
    asked = parser.parse_args()
    print(json.dumps(measure_map(asked.model, asked.points), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
