"""The picture at a place of the map, while the pointer moves and once it rests. State without widgets."""

import time
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from genrepair_desktop.app.browser.few_threads import use_few_threads
from genrepair_desktop.app.browser.map_features import shared_picture
from genrepair_desktop.app.browser.map_latest import LatestWorker
from genrepair_desktop.app.browser.map_session import MapSession
from genrepair_desktop.app.browser.map_work import WayBack
from genrepair_desktop.app.browser.shelf import Picture
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.generate.model import Latents
from genrepair_desktop.generate.preview import quick_pictures
from genrepair_desktop.latent.ground import EMPTY_FROM
from genrepair_desktop.latent.inverse import nearest_in_latent_space

InverseKind: TypeAlias = Literal["average", "smooth"]
Place: TypeAlias = tuple[float, float]
# a moving pointer wants its picture within 50 ms, of which drawing and the way between threads take some
_BUDGET_S = 0.04
# as often as this a slow model is tried again: the machine may have been busy with something else
_TRY_AGAIN = 25
_NEIGHBOURS = 8
# a pointer that stands still while it is held down has found what it looked for
_REST_MS = 180


@dataclass(frozen=True)
class _Question:
    place: Place
    way_back: WayBack
    inverse: InverseKind
    is_final: bool
    is_mixed: bool
    is_trial: bool = False


@dataclass(frozen=True)
class Probed:
    """A place and its picture.

    latent      (d,) of ``model_id``
    neighbours  keys of the entries whose latents are nearest, nearest first
    is_final    made with the full network; else while the pointer moved
    is_mixed    a plain mix of the pictures around, for the model is too slow for a moving pointer
    emptiness   about 1 among the points; above 3 the picture is a guess
    seconds     what it took to make
    """

    place: Place
    picture: Picture
    latent: Latents
    model_id: str
    neighbours: tuple[int, ...]
    is_final: bool
    is_mixed: bool
    emptiness: float
    seconds: float

    @property
    def is_guess(self) -> bool:
        """True where the map is empty."""
        return self.emptiness >= EMPTY_FROM


class ProbeSession(QObject):
    """Asks for the picture of a place; the newest place wins.

    changed  ``place`` or ``shown`` are others
    settled  the full picture of a place where the pointer was let go; carries its ``Probed``
    """

    changed = Signal()
    settled = Signal(object)

    def __init__(self, session: MapSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.place: Place | None = None
        self.shown: Probed | None = None
        self.problem = ""
        # True once the shown picture was handed over by ``settled`` or ``keep``
        self.is_kept = False
        self._chosen: InverseKind | None = None
        self._slow = 0
        self._wants_settled: Place | None = None
        self._kept_at: Place | None = None
        self._worker = LatestWorker(_Maker(session.models), self)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self._worker.answered.connect(self._on_answer)
        self._worker.failed.connect(self._on_failed)
        session.aids_changed.connect(self._on_aids)
        session.shelf.selected_changed.connect(self._on_selected)

    @property
    def can_make(self) -> bool:
        """True when places have pictures: some points have latents of one model."""
        return self._way_back is not None

    @property
    def inverse(self) -> InverseKind:
        """The way back in use: the chosen one, else the one with the smaller error."""
        if self._chosen is not None:
            return self._chosen
        return "smooth" if self._way_back is not None and self._way_back.better == "smooth" else "average"

    def choose_inverse(self, kind: InverseKind | None) -> None:
        """Use this way back; None: the better one."""
        self._chosen = kind
        if self.place is not None:
            self.look(self.place)
        self.changed.emit()

    def move(self, place: Place) -> None:
        """The pointer is dragged here."""
        self._wants_settled = None
        self._ask(place, is_final=False)
        self._rest.start()

    def look(self, place: Place) -> None:
        """Show the full picture of a place, without taking it."""
        self._wants_settled = None
        self._ask(place, is_final=True)

    def settle(self, place: Place) -> None:
        """The pointer was let go here: ``settled`` follows."""
        self._rest.stop()
        self._wants_settled = place
        self._ask(place, is_final=True)

    def keep(self) -> None:
        """``settled`` for the place that is looked at."""
        if self.place is not None and not self.is_kept:
            self.settle(self.place)

    def clear(self) -> None:
        """Show no place."""
        self._rest.stop()
        self._worker.drop()
        self._wants_settled = None
        self.place, self.shown = None, None
        self.changed.emit()

    def shut_down(self) -> None:
        """Wait until no picture is being made."""
        self._rest.stop()
        self._worker.wait()

    @property
    def _way_back(self) -> WayBack | None:
        return self._session.aids.way_back if self._session.aids is not None else None

    def _ask(self, place: Place, *, is_final: bool) -> None:
        way_back = self._way_back
        if way_back is None:
            return
        self.place = place
        is_mixed = not is_final and self._slow > 1 and self._slow % _TRY_AGAIN != 0
        if is_mixed:
            self._slow += 1
        self._worker.ask(_Question(place, way_back, self.inverse, is_final, is_mixed))
        self.changed.emit()

    def _on_rest(self) -> None:
        if self.place is not None and self._wants_settled is None:
            self._ask(self.place, is_final=True)

    def _on_answer(self, question: _Question, probed: Probed) -> None:
        if question.is_trial or question.way_back is not self._way_back or self.place is None:
            return
        if not question.is_final and not question.is_mixed:
            self._slow = self._slow + 1 if probed.seconds > _BUDGET_S else 0
        self.shown, self.problem = probed, ""
        is_settled = question.is_final and self._wants_settled == question.place
        # what was kept becomes a point of the map; its place is then looked at again
        self._kept_at = question.place if is_settled else self._kept_at
        self.is_kept = question.is_final and self._kept_at == question.place
        self.changed.emit()
        if is_settled:
            self._wants_settled = None
            self.settled.emit(probed)

    def _on_failed(self, question: _Question, error: Exception) -> None:
        is_expected = isinstance(error, GenRepairError)
        self.problem = str(error) if is_expected else f"No picture here: {type(error).__name__}: {error}"
        self.changed.emit()

    def _on_selected(self) -> None:
        """Another picture is looked at: that of the place would lie over it."""
        if self._session.shelf.selected and self.place is not None and self._wants_settled is None:
            self.clear()

    def _on_aids(self) -> None:
        way_back = self._way_back
        if way_back is None:
            if self.place is not None:
                self.clear()
            return
        if self.place is not None:
            self.look(self.place)
        elif self._worker.is_idle:
            # the first picture of a network on a new thread takes many times as long as the next
            first = way_back.places[0]
            self._worker.ask(
                _Question((float(first[0]), float(first[1])), way_back, "average", False, False, is_trial=True)
            )


class _Maker:
    """Makes the picture of a place, on the worker's thread."""

    def __init__(self, models: GenerativeModels) -> None:
        self._models = models

    def __call__(self, asked: _Question) -> Probed:
        use_few_threads()
        start = time.perf_counter()
        way_back = asked.way_back
        point = np.array([asked.place], np.float32)
        latent = way_back.inverse(asked.inverse)(point)[0]
        model = self._models.open_latent(way_back.model_id)
        if asked.is_mixed:
            rows, shares = way_back.average.weights(point)
            picture = shared_picture(model, [way_back.entries[i].picture for i in rows[0]], list(shares[0]))
        elif asked.is_final:
            picture = model.decode(latent[None])[0]
        else:
            picture = quick_pictures(model, latent[None])[0]
        seconds = time.perf_counter() - start
        found = nearest_in_latent_space(latent, way_back.latents, _NEIGHBOURS) if asked.is_final else ()
        return Probed(
            asked.place,
            picture,
            latent,
            way_back.model_id,
            tuple(way_back.entries[i].key for i in found),
            asked.is_final,
            asked.is_mixed,
            float(way_back.density.emptiness(point)[0]),
            seconds,
        )
