"""The main window: menus, the workspace, the queue dock, the status line, and what only a window hears of."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDockWidget, QMainWindow, QStackedWidget

from genrepair_desktop import paths
from genrepair_desktop.app.browser.ahead import ImportAhead
from genrepair_desktop.app.browser.workspace_tabs import WorkspaceTabs, stacked_under
from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget, Pointed
from genrepair_desktop.app.canvas.viewport import Viewport
from genrepair_desktop.app.command_rows import ROWS
from genrepair_desktop.app.commands import CommandTable
from genrepair_desktop.app.dialogs.opener import Dialogs
from genrepair_desktop.app.editor.file_actions import FileActions
from genrepair_desktop.app.editor.photo_workspace import PhotoWorkspace
from genrepair_desktop.app.editor.race_session import RaceSession
from genrepair_desktop.app.editor.recent_menu import RecentMenu
from genrepair_desktop.app.editor.status_line import StatusLine
from genrepair_desktop.app.icons import redress
from genrepair_desktop.app.menus import fill_menu_bar
from genrepair_desktop.app.queue.queue_panel import QueuePanel
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme, ThemeSwitch
from genrepair_desktop.app.workbench import Sessions, Workbench

if TYPE_CHECKING:
    from genrepair_desktop.app.browser.samples_workspace import SamplesWorkspace

_HOLD = "compare.hold"


class MainWindow(QMainWindow):
    """Joins the parts; holds no state of the photo."""

    def __init__(self, sessions: Sessions, settings: Settings, switch: ThemeSwitch) -> None:
        super().__init__()
        self._sessions, self._settings, self._switch = sessions, settings, switch
        self._is_leaving = False
        self.canvas = CanvasWidget()
        sessions.repair.is_hand_busy = lambda: self.canvas.is_busy
        self.canvas.may_begin = sessions.settling.settle
        self.files = FileActions(sessions.session, sessions.mask, self)
        self.race = RaceSession(sessions.session, sessions.repair, self)
        self.dialogs = Dialogs(sessions, settings, switch, self.race, self)
        self.workbench = Workbench(sessions, self.files, self.dialogs, self.canvas, self)
        self.table = CommandTable(ROWS, self.workbench, settings, switch.theme, self)
        self.dialogs.table = self.table
        self.addActions([self.table.action(row.id) for row in self.table.rows])
        self.workspace = PhotoWorkspace(sessions, self.canvas, self.table, switch.theme)
        self.tabs = WorkspaceTabs(self.table)
        self.places = QStackedWidget()
        self.places.addWidget(self.workspace)
        self._samples: SamplesWorkspace | None = None
        self.setCentralWidget(stacked_under(self.tabs, self.places))
        later = fill_menu_bar(self.menuBar(), self.table)
        self.recent = RecentMenu(later["recent"], sessions.session, self.files)
        self.status = StatusLine(sessions.session, sessions.mask, sessions.repair, switch.theme)
        self.setStatusBar(self.status)
        self.queue = QueuePanel(sessions.session.desk, switch.theme)
        self._dock = self._make_queue_dock()
        # commands are enabled once after a burst of changes, not a hundred times during a stroke
        self._refresh_timer = QTimer(self, singleShot=True, interval=0)
        self._refresh_timer.timeout.connect(self.refresh_commands)
        self._connect()
        self._ahead = ImportAhead(self)
        self._restore()
        self.apply_settings()
        self.refresh_commands()
        self._show_title()

    def refresh_commands(self) -> None:
        """Enable what makes sense now."""
        self.table.refresh(self.workbench.state())
        for tool in self._tool_ids():
            self.table.action(f"tool.{tool}").setChecked(self.canvas.toolbox.tool.id == tool)
        self.table.action("view.photo").setChecked(self.shown_samples is None)
        self.table.action("view.samples").setChecked(self.shown_samples is not None)
        self.table.action("view.overlay").setChecked(self.canvas.is_overlay_shown)
        self.table.action("view.queue").setChecked(self._dock.isVisible())

    def apply_settings(self) -> None:
        """Take over what the preferences may have changed."""
        settings = self._settings
        self._switch.choose(settings.theme)
        self.canvas.set_overlay(settings.overlay_colour, settings.overlay_opacity)
        self.canvas.wheel_zooms = settings.wheel_zooms
        self.canvas.set_memory(settings.memory.display)
        self._sessions.session.apply_memory()
        self.workspace.hint.refresh()

    def focus_mask_field(self, name: str) -> None:
        """Put the cursor into the panel's field for growing or feathering the mask."""
        field = self.workspace.panel.mask_panel.grow if name == "grow" else self.workspace.panel.mask_panel.feather
        field.box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.box.selectAll()

    @property
    def shown_samples(self) -> "SamplesWorkspace | None":
        """The Samples workspace while it is in front."""
        return self._samples if self.places.currentWidget() is self._samples else None

    @property
    def has_samples(self) -> bool:
        """True once the Samples workspace was built."""
        return self._samples is not None

    def samples_workspace(self) -> "SamplesWorkspace":
        """The Samples workspace, built on first use: its models and its map would make the start slower."""
        if self._samples is None:
            from genrepair_desktop.app.browser.composition import make_workspace

            self._samples = make_workspace(self._sessions, self._settings, self.table, self._switch.theme, self)
            self._samples.changed.connect(self._refresh_soon)
            self._samples.parts.use.started.connect(self.show_photo)
            self.places.addWidget(self._samples)
        return self._samples

    def show_photo(self) -> None:
        """Bring the Photo workspace to the front."""
        self.places.setCurrentWidget(self.workspace)
        self.status.show_photo_facts(True)
        self.refresh_commands()
        if self._sessions.session.document is not None:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_samples(self) -> None:
        """Bring the Samples workspace to the front."""
        samples = self.samples_workspace()
        samples.refresh()
        self.places.setCurrentWidget(samples)
        self.status.show_photo_facts(False)
        self.refresh_commands()
        samples.take_focus()

    def show_large(self) -> None:
        """Show the selected picture of the gallery large."""
        self.samples_workspace().open_large()

    def shut_down_samples(self) -> None:
        """Wait for what the Samples workspace makes on threads of its own."""
        if self._samples is not None:
            self._samples.shut_down()

    def toggle_queue(self) -> None:
        self._dock.setVisible(not self._dock.isVisible())

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_hold_key(event):
            self._hold(event, is_down=True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if self._is_hold_key(event):
            self._hold(event, is_down=False)
        else:
            super().keyReleaseEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """On the canvas Tab shows the original while it is down; Shift+Tab and Ctrl+Tab still move the focus."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab and not event.modifiers():
            if event.type() == QEvent.Type.KeyPress:
                self._hold(event, is_down=True)
                return True
            if event.type() == QEvent.Type.KeyRelease:
                self._hold(event, is_down=False)
                return True
        if event.type() == QEvent.Type.FocusOut:
            # the release of a held key will go to another widget
            self._sessions.compare.hold(False)
        return super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._sessions.settling.settle_fill()
        if not self.may_go:
            event.ignore()
            self.files.leave_then(self._leave)
            return
        self._settings.set_window_bytes("geometry", self.saveGeometry())
        self._settings.set_window_bytes("docks", self.saveState())
        self._sessions.session.desk.abandon()
        event.accept()

    @property
    def may_go(self) -> bool:
        """True when nothing would be lost, or the user said that it may."""
        return self._is_leaving or self._sessions.session.is_clean

    def _leave(self) -> None:
        """The photo may go: close as soon as the event loop turns."""
        self._is_leaving = True
        QTimer.singleShot(0, self.close)

    def _connect(self) -> None:
        sessions, canvas = self._sessions, self.canvas
        for signal in (
            sessions.session.opened, sessions.session.changed, sessions.session.history_changed,
            sessions.repair.running_changed, sessions.repair.choice_changed, sessions.repair.applied_changed,
            sessions.candidates.changed, sessions.damage.changed, canvas.toolbox.tool_changed,
            self._dock.visibilityChanged,
        ):  # fmt: skip
            signal.connect(self._refresh_soon)
        sessions.session.opened.connect(self._show_title)
        sessions.session.opened.connect(self.show_photo)
        sessions.session.history_changed.connect(self._show_title)
        canvas.view_changed.connect(self._on_view)
        canvas.pointer_moved.connect(self._on_pointer)
        canvas.toolbox.brush_changed.connect(self._on_brush)
        canvas.installEventFilter(self)
        self.queue.summary_changed.connect(self.status.show_work)
        self.status.cancel_asked.connect(sessions.session.desk.cancel_all)
        self.workspace.empty.recent_chosen.connect(self.files.open_path)
        self.workspace.dropped.connect(self._on_dropped)
        self.workspace.panel.method.race_asked.connect(self.dialogs.race)
        self.files.export_asked.connect(self.dialogs.export)
        self._switch.changed.connect(self._on_theme)

    def _make_queue_dock(self) -> QDockWidget:
        dock = QDockWidget("Running work", self)
        dock.setObjectName("queueDock")
        dock.setWidget(self.queue)
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
        dock.hide()
        return dock

    def _restore(self) -> None:
        self.resize(1280, 800)
        geometry = self._settings.window_bytes("geometry")
        if not geometry.isEmpty():
            # Qt moves a window back that would lie off every screen
            self.restoreGeometry(geometry)
            self.restoreState(self._settings.window_bytes("docks") or QByteArray())
        toolbox = self.canvas.toolbox
        toolbox.set_brush_size(self._settings.brush_size)
        toolbox.set_hardness(self._settings.brush_hardness)

    def _tool_ids(self) -> list[str]:
        return [row.id.partition(".")[2] for row in self.table.rows if row.group == "tool" and row.is_checkable]

    def _show_title(self) -> None:
        session = self._sessions.session
        self.setWindowModified(not session.is_clean)
        self.setWindowTitle(f"{session.title}[*] - {paths.APP_NAME}" if session.document else f"{paths.APP_NAME}[*]")

    def _refresh_soon(self) -> None:
        self._refresh_timer.start()

    def _is_hold_key(self, event: QKeyEvent) -> bool:
        keys = QKeySequence(event.keyCombination())
        return any(keys == QKeySequence(text) for text in self.table.shortcuts(_HOLD))

    def _hold(self, event: QKeyEvent, *, is_down: bool) -> None:
        if not event.isAutoRepeat() and self._sessions.session.document is not None:
            self._sessions.compare.hold(is_down)
        event.accept()

    def _on_view(self, viewport: Viewport) -> None:
        self.status.show_zoom(viewport.zoom)

    def _on_pointer(self, pointed: Pointed | None) -> None:
        self.status.show_pointer(pointed)

    def _on_brush(self) -> None:
        brush = self.canvas.toolbox.brush
        self._settings.brush_size, self._settings.brush_hardness = brush.size, brush.hardness

    def _on_dropped(self, mime: QMimeData, as_mask: bool) -> None:
        self.files.drop(mime, as_mask=as_mask)

    def _on_theme(self, theme: Theme) -> None:
        self.table.set_theme(theme)
        self.workspace.set_theme(theme)
        if self._samples is not None:
            self._samples.set_theme(theme)
        redress(self, theme)
