"""Builds queue, engine thread, models, sessions and window once, and takes them down in order."""

from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from genrepair_desktop import paths
from genrepair_desktop.app.canvas.compare import CompareState
from genrepair_desktop.app.collector import Collector
from genrepair_desktop.app.editor.candidates_session import CandidatesSession
from genrepair_desktop.app.editor.damage_session import DamageSession
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.export_session import ExportSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.recovery_session import RecoverySession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.editor.repair_work import HashedModels
from genrepair_desktop.app.editor.settling import Settling
from genrepair_desktop.app.editor.warm_up import WarmUp
from genrepair_desktop.app.engine_thread import EngineThread, JobDesk
from genrepair_desktop.app.error_dialog import ErrorDialogs, ExceptionCatcher
from genrepair_desktop.app.main_window import MainWindow
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import ThemeSwitch
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.document.recovery import Recoverable
from genrepair_desktop.registry.loader import ModelLoader
from genrepair_desktop.registry.store import ModelStore


class Program(QObject):
    """The running program. ``shut_down`` before it goes."""

    def __init__(self, application: QApplication, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.switch = ThemeSwitch(application, self.settings.theme)
        self.engine = EngineThread(self)
        self.desk = JobDesk(self.engine, self)
        self.sessions = make_sessions(self.desk, self.settings, installed_models(self.settings), self)
        self.warm_up = WarmUp(self.sessions.session, self.sessions.repair, self)
        self.window = MainWindow(self.sessions, self.settings, self.switch)
        projects = self.window.files.projects
        self.recovery = RecoverySession(self.sessions.session, paths.autosave_dir(), self, projects=projects)
        self.errors = ErrorDialogs(self.window)
        self.catcher = ExceptionCatcher(self)
        self.catcher.caught.connect(self.errors.show_report)
        self.catcher.caught.connect(self._rescue)
        self.window.dialogs.recovery = self.recovery
        self.recovery.choice_asked.connect(self.window.dialogs.recover)
        self.recovery.open_asked.connect(self._recover)
        self.recovery.rescued.connect(self.errors.show_rescued)
        self._collector: Collector | None = None

    def start(self) -> None:
        """Show the window, then let the engine run."""
        self.catcher.install()
        self._collector = Collector(lambda: self.desk.is_idle, self)
        self.window.show()
        self.engine.start()
        self.recovery.offer()

    def shut_down(self, milliseconds: int | None = None) -> bool:
        """Stop all work, wait for the engine, let the window go. May be called twice.

        ``milliseconds`` and what is returned are those of ``EngineThread.shut_down``.
        """
        self.catcher.remove()
        has_ended = self.engine.shut_down(milliseconds)
        self.window.shut_down_samples()
        # ended from outside, as by Ctrl+C in a terminal: nobody said that the work may go
        self.recovery.close(discard=self.window.may_go)
        self.sessions.session.close()
        self.window.close()
        if self._collector is not None:
            self._collector.stop()
        return has_ended

    def _rescue(self, report: str) -> None:
        """A fault was caught: whatever comes of it, what is open now can be recovered."""
        self.recovery.rescue()

    def _recover(self, entry: Recoverable) -> None:
        self.window.files.leave_then(partial(self.recovery.recover, entry))


def make_sessions(desk: JobDesk, settings: Settings, models: HashedModels, parent: QObject) -> Sessions:
    """The state of the Photo workspace; needs no window."""
    session = DocumentSession(desk, settings, parent)
    mask = MaskSession(session, parent)
    repair = RepairSession(session, models, parent)
    candidates = CandidatesSession(session, repair, parent)
    compare = CompareState(settings.difference_gain, parent)
    damage = DamageSession(session, mask, models.loader, parent)
    return Sessions(
        session,
        mask,
        repair,
        candidates,
        compare,
        ExportSession(session, parent),
        damage,
        Settling(session, mask, repair, candidates, damage, parent),
    )


def installed_models(settings: Settings) -> HashedModels:
    """The models on this machine; cards only, no network is loaded and torch is not imported."""
    loader = ModelLoader(ModelStore.installed(), settings.device, settings.memory.models)
    return HashedModels(loader, partial(_hash_of, loader))


def _hash_of(loader: ModelLoader, model_id: str) -> str:
    return loader.card(model_id).weights.sha256
