"""Opens the dialogs, each built when first wanted; none of them stops running work."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog

from genrepair_desktop import paths
from genrepair_desktop.app.dialogs.about_dialog import AboutDialog
from genrepair_desktop.app.dialogs.carry_dialog import CarryDialog
from genrepair_desktop.app.dialogs.carry_session import CarrySession
from genrepair_desktop.app.dialogs.command_palette import CommandPalette
from genrepair_desktop.app.dialogs.export_dialog import ExportDialog
from genrepair_desktop.app.dialogs.merge_dialog import MergeDialog
from genrepair_desktop.app.dialogs.merge_session import MergeSession
from genrepair_desktop.app.dialogs.models_dialog import ModelsDialog
from genrepair_desktop.app.dialogs.models_session import ModelsSession
from genrepair_desktop.app.dialogs.preferences_dialog import PreferencesDialog
from genrepair_desktop.app.dialogs.race_dialog import RaceDialog
from genrepair_desktop.app.dialogs.recovery_dialog import RecoveryDialog
from genrepair_desktop.app.dialogs.shortcut_sheet import ShortcutSheet
from genrepair_desktop.app.dialogs.train_dialog import TrainDialog
from genrepair_desktop.app.dialogs.train_session import TrainSession
from genrepair_desktop.app.editor.race_session import RaceSession
from genrepair_desktop.app.editor.recovery_session import RecoverySession
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import ThemeSwitch
from genrepair_desktop.app.widgets.message_bar import Notice
from genrepair_desktop.app.workbench import Sessions

if TYPE_CHECKING:
    from genrepair_desktop.app.commands import CommandTable
    from genrepair_desktop.app.main_window import MainWindow


class Dialogs(QObject):
    """One opener for every dialog; the window sets ``table`` once its commands exist, the program ``recovery``."""

    table: "CommandTable"
    recovery: RecoverySession

    def __init__(
        self, sessions: Sessions, settings: Settings, switch: ThemeSwitch, race: RaceSession, window: "MainWindow"
    ) -> None:
        super().__init__(window)
        self._sessions, self._settings, self._switch = sessions, settings, switch
        self._race, self._window = race, window
        self.open_dialog: QDialog | None = None
        # they outlive their dialogs, as a training outlives both: those of an earlier start are found once it is shown
        self._training: TrainSession | None = None
        self._managing: ModelsSession | None = None
        QTimer.singleShot(0, self._find_trainings)

    def race(self) -> None:
        """Compare methods on this photo."""
        dialog = RaceDialog(self._race, self._window)
        self._keep(dialog)
        self._race.start()
        dialog.show()

    def merge(self) -> None:
        """Fill the photo's damage from other copies of the same picture."""
        merging = MergeSession(self._sessions.session, self._sessions.repair)
        self._run(MergeDialog(merging, self._window))
        merging.deleteLater()

    def carry(self) -> None:
        """Give the photo the tone and the grain of another."""
        carrying = CarrySession(self._sessions.session, self._sessions.repair)
        self._run(CarryDialog(carrying, self._window))
        carrying.deleteLater()

    def train(self) -> None:
        """Train a model, or look at trainings; not modal, and closing it stops none."""
        dialog = TrainDialog(self._find_trainings(), paths.trainings_dir(), self._switch.theme, self._window)
        dialog.models_changed.connect(self._sessions.repair.refresh_methods)
        self._keep(dialog)
        dialog.show()

    def models(self) -> None:
        """What is installed; add other people's models."""
        self._managing = self._managing or ModelsSession(self._sessions.session.desk, self)
        dialog = ModelsDialog(self._managing, self._window)
        dialog.models_changed.connect(self._sessions.repair.refresh_methods)
        self._keep(dialog)
        dialog.show()

    def export(self) -> None:
        """Ask how to write the photo to a file, and start that."""
        if self._sessions.session.document is None:
            return
        dialog = ExportDialog(self._sessions.session, self._sessions.export, self._switch.theme, self._window)
        self._run(dialog)

    def preferences(self, *, page: int = 0) -> None:
        dialog = PreferencesDialog(self._settings, self.table, self._switch.theme, self._window)
        dialog.tabs.setCurrentIndex(page)
        dialog.changed.connect(self._window.apply_settings)
        self._run(dialog)

    def recover(self) -> None:
        """Choose from what earlier runs left behind."""
        dialog = RecoveryDialog(self.recovery, self._window)
        dialog.chosen.connect(self.recovery.open_asked)
        self._run(dialog)

    def shortcuts(self) -> None:
        """The sheet of all shortcuts."""
        dialog = ShortcutSheet(self.table, self._window)
        self._run(dialog)
        if dialog.wants_editing:
            self.preferences(page=2)

    def palette(self) -> None:
        """Find a command by its words and run it."""
        dialog = CommandPalette(self.table, self._window)
        self._run(dialog)
        if dialog.chosen:
            self.table.run(dialog.chosen)

    def about(self) -> None:
        self._run(AboutDialog(self._switch.theme, self._window))

    def log_folder(self) -> None:
        """Show the log files in the system's file manager."""
        folder = paths.log_dir()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._sessions.session.tell(Notice(f"The log files are in {folder}."))

    def _find_trainings(self) -> TrainSession:
        if self._training is None:
            self._training = TrainSession(paths.trainings_dir(), self)
            self._training.ended.connect(self._on_trained)
        return self._training

    def _on_trained(self, name: str, outcome: str) -> None:
        """Said above the photo, unless the dialog says it."""
        if not (isinstance(self.open_dialog, TrainDialog) and self.open_dialog.isVisible()):
            notice = Notice(f"The training “{name}” {outcome}.", action_title="Show", action=self.train)
            self._sessions.session.tell(notice)

    def _run(self, dialog: QDialog) -> None:
        self._keep(dialog)
        dialog.exec()
        self.open_dialog = None
        dialog.deleteLater()

    def _keep(self, dialog: QDialog) -> None:
        if self.open_dialog is not None:
            self.open_dialog.close()
            self.open_dialog.deleteLater()
        self.open_dialog = dialog
