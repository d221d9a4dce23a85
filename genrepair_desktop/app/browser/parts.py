"""The sessions of the Samples workspace, built together when it is first shown, and taken down together."""

from dataclasses import dataclass

from PySide6.QtCore import QObject

from genrepair_desktop.app.browser.attribute_session import AttributeSession
from genrepair_desktop.app.browser.fusion_session import FusionSession, PartsSession
from genrepair_desktop.app.browser.gallery_export import GalleryExport
from genrepair_desktop.app.browser.intake_session import IntakeSession
from genrepair_desktop.app.browser.push_session import MixSession, PushSession
from genrepair_desktop.app.browser.samples_session import SamplesSession
from genrepair_desktop.app.browser.shelf import Shelf
from genrepair_desktop.app.browser.studio import Studio
from genrepair_desktop.app.browser.use_session import UseSession
from genrepair_desktop.app.browser.walk_session import WalkSession
from genrepair_desktop.app.editor.document_session import DocumentSession
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.generate.catalog import GenerativeModels


@dataclass
class SamplesParts:
    """The state of the Samples workspace, without a widget."""

    studio: Studio
    photo: DocumentSession
    samples: SamplesSession
    intake: IntakeSession
    use: UseSession
    exports: GalleryExport
    fusion: FusionSession
    faces: PartsSession
    walk: WalkSession
    push: PushSession
    attribute: AttributeSession
    mix: MixSession

    @property
    def shelf(self) -> Shelf:
        return self.studio.shelf

    def shut_down(self) -> None:
        """Wait for the previews being made."""
        for session in (self.fusion, self.faces, self.push, self.attribute, self.mix):
            session.shut_down()


def make_parts(sessions: Sessions, models: GenerativeModels, parent: QObject) -> SamplesParts:
    """Sessions over the photo's engine; needs no window."""
    photo = sessions.session
    studio = Studio(photo.desk, models, photo.settings, parent)
    samples = SamplesSession(studio, parent)
    return SamplesParts(
        studio,
        photo,
        samples,
        IntakeSession(studio, samples, photo, parent),
        UseSession(studio, photo, sessions.mask, sessions.repair, parent),
        GalleryExport(studio, parent),
        FusionSession(studio, parent),
        PartsSession(studio, parent),
        WalkSession(studio, parent),
        PushSession(studio, parent),
        AttributeSession(studio, photo, parent),
        MixSession(studio, parent),
    )
