"""What is shown but not written yet becomes part of the photo once the user goes on from it. No widgets."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from genrepair_desktop.app.editor.candidates_session import CandidatesSession
from genrepair_desktop.app.editor.damage_session import DamageSession
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.document.document import Document


class Settling(QObject):
    """Going on is a yes: to the fill that was clicked, to the damage that was found, to the mask as adjusted.

    Without this a person who clicks a fill, sees it in the photo and exports would get another one.
    """

    def __init__(
        self,
        session: DocumentSession,
        mask: MaskSession,
        repair: RepairSession,
        candidates: CandidatesSession,
        damage: DamageSession,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._mask, self._repair, self._candidates, self._damage = mask, repair, candidates, damage
        self._document: Document | None = None
        self._go_on: Callable[[], object] | None = None
        repair.applied_changed.connect(self._on_applied)

    def settle_fill(self) -> bool:
        """Write the fill that is shown; False while that still goes on, as it may in a large photo."""
        if self._candidates.has_choice and not self._repair.is_replacing:
            self._candidates.apply()
        return not self._repair.is_replacing

    def settle(self) -> bool:
        """The same, and the mask as it is shown."""
        is_settled = self.settle_fill()
        self._damage.apply()
        self._mask.apply_adjust()
        return is_settled

    def then(self, go_on: Callable[[], object]) -> None:
        """Do this as soon as nothing is being written; what waited before is forgotten."""
        self._go_on = None
        if self._repair.is_replacing:
            self._go_on, self._document = go_on, self._session.document
        else:
            go_on()

    def _on_applied(self) -> None:
        go_on, self._go_on = self._go_on, None
        # a photo that was closed takes with it what waited for it
        if go_on is not None and self._document is self._session.document:
            go_on()
