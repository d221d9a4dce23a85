"""The installed models without a widget: what is there, adding other people's, removing one's own."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.dialogs.genrepair_process import GenrepairProcess
from genrepair_desktop.app.engine_thread import JobDesk, Watch
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.paths import user_models_dir
from genrepair_desktop.registry.added import remove_model
from genrepair_desktop.registry.added_load import is_added
from genrepair_desktop.registry.card import ModelCard
from genrepair_desktop.registry.foreign import ForeignKind, inspect
from genrepair_desktop.registry.store import ModelStore


@dataclass(frozen=True)
class ListedModel:
    """One installed model.

    is_own      the user trained or added it, and can remove it
    is_foreign  it was made by other people
    """

    card: ModelCard
    is_own: bool
    is_foreign: bool


class ModelsSession(QObject):
    """Lists, adds and removes models.

    changed        another model is installed, or one less
    busy_changed   a file is being looked at, or not any more
    consent_asked  (path): the file is a program; ``add`` it again with consent, or not
    told           (sentence, is it a failure)
    """

    changed = Signal()
    busy_changed = Signal()
    consent_asked = Signal(object)
    told = Signal(str, bool)

    def __init__(self, desk: JobDesk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._store = ModelStore.installed()
        self._adding = GenrepairProcess(self)
        self._adding.ended.connect(self._on_added)
        self._is_looking = False

    @property
    def is_busy(self) -> bool:
        return self._is_looking or self._adding.is_running

    def models(self) -> tuple[ListedModel, ...]:
        """All installed models, by id."""
        own = user_models_dir()
        return tuple(ListedModel(m.card, m.folder.parent == own, is_added(m.card)) for m in self._store.models())

    def refresh(self) -> None:
        """Look at the folders again."""
        self._store.refresh()
        self.changed.emit()

    def add(self, path: Path, *, consent: bool = False) -> None:
        """Look at a model file, then convert it in a process of its own; ``told`` says how that ended."""
        if self.is_busy:
            return
        if consent:
            self._start(path, consent=True)
            return
        self._is_looking = True
        watch = Watch(done=partial(self._on_looked, path), failed=self._on_refused, cancelled=self._on_given_up)
        self._desk.submit(partial(_look, path), watch, title=f"Looking at {path.name}")
        self.busy_changed.emit()

    def remove(self, model_id: str) -> None:
        """Take away one of the user's own."""
        try:
            is_back = remove_model(model_id)
        except GenRepairError as error:
            self.told.emit(str(error), True)
            return
        self.refresh()
        again = " The one that came with the program is in use again." if is_back else ""
        self.told.emit(f"{model_id} was removed.{again}", False)

    def _on_looked(self, path: Path, kind: ForeignKind) -> None:
        self._is_looking = False
        if kind == "program":
            self.busy_changed.emit()
            self.consent_asked.emit(path)
        else:
            self._start(path, consent=False)

    def _start(self, path: Path, *, consent: bool) -> None:
        self._adding.start(["models", "add", *(["--consent"] if consent else []), "--", str(path)])
        self.busy_changed.emit()

    def _on_refused(self, error: Exception) -> None:
        self._on_given_up()
        if not isinstance(error, GenRepairError):
            raise error
        self.told.emit(str(error), True)

    def _on_given_up(self) -> None:
        self._is_looking = False
        self.busy_changed.emit()

    def _on_added(self, code: int, said: str) -> None:
        self.busy_changed.emit()
        if code == 0:
            self.refresh()
            name = said.partition(":")[0]
            self.told.emit(f"{name} was added: choose it among the methods.", False)
        else:
            self.told.emit(said, True)


def _look(path: Path, ctx: RunContext) -> ForeignKind:
    ctx.checkpoint(0.0, "looking")
    return inspect(path)
