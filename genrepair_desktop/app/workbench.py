"""Everything a command may act on, in one place; it also says which commands make sense now."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from genrepair_desktop.app.canvas.compare import CompareState
from genrepair_desktop.app.commands import AppState, Command
from genrepair_desktop.app.editor.candidates_session import CandidatesSession
from genrepair_desktop.app.editor.damage_session import DamageSession
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.export_session import ExportSession
from genrepair_desktop.app.editor.file_actions import FileActions
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.app.editor.settling import Settling

if TYPE_CHECKING:
    from genrepair_desktop.app.browser.samples_actions import SamplesActions
    from genrepair_desktop.app.canvas.canvas_widget import CanvasWidget
    from genrepair_desktop.app.canvas.toolbox import ToolBox
    from genrepair_desktop.app.dialogs.opener import Dialogs
    from genrepair_desktop.app.main_window import MainWindow


_BUILDS_ON_MASK = frozenset(("repair.run", "repair.more", "repair.race", "repair.merge"))


@dataclass
class Sessions:
    """The state of the Photo workspace, without a widget."""

    session: DocumentSession
    mask: MaskSession
    repair: RepairSession
    candidates: CandidatesSession
    compare: CompareState
    export: ExportSession
    damage: DamageSession
    settling: Settling


@dataclass
class Workbench:
    """What handlers of commands are given."""

    sessions: Sessions
    files: FileActions
    dialogs: "Dialogs"
    canvas: "CanvasWidget"
    window: "MainWindow"

    @property
    def session(self) -> DocumentSession:
        return self.sessions.session

    @property
    def mask(self) -> MaskSession:
        return self.sessions.mask

    @property
    def repair(self) -> RepairSession:
        return self.sessions.repair

    @property
    def candidates(self) -> CandidatesSession:
        return self.sessions.candidates

    @property
    def compare(self) -> CompareState:
        return self.sessions.compare

    @property
    def tools(self) -> "ToolBox":
        return self.canvas.toolbox

    @property
    def samples(self) -> "SamplesActions":
        """What the Samples workspace does; it is built when this is first asked for."""
        return self.window.samples_workspace().actions_of_menu

    def state(self) -> AppState:
        """What is true now, for enabling commands."""
        document, history = self.session.document, self.session.history
        samples = self.window.shown_samples
        if samples is not None:
            return AppState(in_samples=True, has_document=document is not None, **samples.facts())
        has_mask = self.mask.has_mask or self.sessions.damage.has_suggestion
        return AppState(
            has_photo=document is not None,
            has_document=document is not None,
            has_mask=has_mask,
            has_donor=self.mask.has_donor,
            has_last_mask=self.session.last_mask is not None,
            is_busy=self.repair.is_running,
            can_undo=history is not None and history.can_undo and not self.repair.is_replacing,
            can_redo=history is not None and history.can_redo and not self.repair.is_replacing,
            has_candidates=len(self.candidates.candidates) > 1 or self.candidates.is_making,
            has_choice=self.candidates.has_choice,
            has_suggestion=self.sessions.damage.is_active,
            has_repair=self.repair.applied is not None,
            treats_whole_picture=self.repair.spec.task != "fill",
        )

    def run(self, command: Command) -> None:
        """Invoke a command; one that goes on from what is shown has that written first."""
        settling = self.sessions.settling
        if command.id in _BUILDS_ON_MASK or (command.group == "mask" and command.id != "mask.find"):
            settling.settle()
        elif command.group == "file" or command.id == "mask.find":
            settling.settle_fill()
        else:
            command.handler(self)
            return
        settling.then(partial(command.handler, self))

    def go_back(self) -> None:
        """Esc: what is under way is given up, the newest first."""
        if self.repair.is_running:
            self.repair.cancel()
        elif self.sessions.damage.is_active:
            self.sessions.damage.discard()
        else:
            self.candidates.go_back()

    def swap_eraser(self) -> None:
        """From brush to eraser, and from anything else to the brush."""
        self.tools.choose("eraser" if self.tools.tool.id == "brush" else "brush")

    def toggle_overlay(self) -> None:
        """Show or hide the coloured mask."""
        self.canvas.show_overlay(not self.canvas.is_overlay_shown)
        self.window.refresh_commands()
