"""A picture of the shelf as the fill of what is marked in the open photo. State without widgets."""

from PySide6.QtCore import QObject, Signal

from genrepair_desktop.app.browser.shelf import Picture
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.editor.mask_session import MaskSession
from genrepair_desktop.app.editor.repair_session import RepairSession
from genrepair_desktop.repair.picture_fill import METHOD, picture_value
from genrepair_desktop.repair.recipe import Recipe


class UseSession(QObject):
    """Hands a picture to the repair of the Photo workspace: one undo step, with a record, strength to be moved.

    started  the repair was started; the photo should be shown
    """

    started = Signal()

    def __init__(
        self,
        studio: Studio,
        photo: DocumentSession,
        mask: MaskSession,
        repair: RepairSession,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio, self._photo, self._mask, self._repair = studio, photo, mask, repair

    @property
    def obstacle(self) -> str:
        """Why no picture can be used now, and what to do; empty when one can."""
        if self._photo.document is None:
            return "No photo is open: open one in the Photo workspace and paint over what is to be filled."
        if not self._mask.has_mask:
            return "Nothing is marked in the photo: paint over what this picture is to fill."
        if self._repair.is_running or self._repair.is_replacing:
            return "The photo is being repaired: wait for that, or cancel it."
        return ""

    def use(self, picture: Picture) -> None:
        """Fill what is marked with ``picture``: on the face around it, else over the hole."""
        if self.obstacle:
            self._studio.tell(self.obstacle)
            return
        chosen = self._repair.choice
        recipe = Recipe(METHOD, {"picture": picture_value(picture)}, grow=chosen.grow, grain=chosen.grain)
        self._repair.repair_by(recipe)
        self.started.emit()
