"""Faces that are worked on without asking."""

import pytest
from skimage import data

from genrepair_desktop.generate import sure_faces as module
from genrepair_desktop.generate.faces import find_faces
from genrepair_desktop.generate.sure_faces import sure_faces
from genrepair_desktop.imaging.arrays import Image, to_image
from genrepair_desktop.imaging.geometry import Rect


def test_a_face_is_taken_once_and_folds_of_clothes_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = to_image(data.astronaut())
    (face, *_) = find_faces(photo)
    clothes = Rect(150, 300, 180, 180)

    def found(image: Image) -> list[Rect]:
        return [face, face.moved(9, -6), clothes] if image is photo else find_faces(image)

    monkeypatch.setattr(module, "find_faces", found)
    assert sure_faces(photo) == [face]
