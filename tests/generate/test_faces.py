"""Finding faces, and cutting photos to what a model knows."""

import numpy as np
import pytest

from genrepair_desktop.generate.faces import cut, find_faces, knows_portraits, model_picture
from genrepair_desktop.generate.model import GenerateError
from genrepair_desktop.imaging.geometry import Rect
from tests.tiny_models import make_model


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    """The library's own public-domain portrait (an astronaut, NASA)."""
    from skimage import data

    return (data.astronaut() / 255).astype(np.float32)


def test_the_face_of_a_portrait_is_found_where_it_is(portrait: np.ndarray) -> None:
    face = find_faces(portrait)[0]
    # the middle of the face is at about (222, 115); from chin to hair it is about 150 pixels
    assert abs(face.x + face.w / 2 - 222) < 25
    assert abs(face.y + face.h / 2 - 115) < 30
    assert 110 < face.w < 260


def test_a_larger_photo_gives_a_larger_square(portrait: np.ndarray) -> None:
    large = portrait.repeat(2, axis=0).repeat(2, axis=1)
    small_face, large_face = find_faces(portrait)[0], find_faces(large)[0]
    assert abs(large_face.w / small_face.w - 2) < 0.3


def test_no_face_is_found_where_there_is_none() -> None:
    assert find_faces(np.full((200, 200, 3), 0.5, np.float32)) == []
    assert find_faces(np.zeros((1, 1, 3), np.float32)) == []


def test_a_model_of_other_things_takes_the_middle_square(portrait: np.ndarray) -> None:
    model = make_model("pixel-rnn")
    assert not knows_portraits(model)
    made = model_picture(portrait[:, :300], model)
    assert made.square == Rect(0, 106, 300, 300)
    assert made.picture.shape == (8, 8, 1)


def test_a_portrait_model_refuses_a_photo_without_a_face() -> None:
    class Portraits:
        id, side, channels, classes, learned_faces = "p", 64, 3, 0, True

    photo, model = np.full((200, 260, 3), 0.5, np.float32), Portraits()
    with pytest.raises(GenerateError, match="No face"):
        model_picture(photo, model)  # type: ignore[arg-type]
    # the same network, trained by a person on whole pictures
    model.learned_faces = False
    assert model_picture(photo, model).square == Rect(30, 0, 200, 200)  # type: ignore[arg-type]


@pytest.mark.parametrize("square", [Rect(-5, -5, 30, 30), Rect(10, 10, 20, 20), Rect(30, 20, 40, 40)])
def test_a_square_beyond_the_edge_continues_the_edge(square: Rect) -> None:
    image = np.full((40, 50, 1), 0.25, np.float32)
    made = cut(image, square, 16, 3)
    assert made.shape == (16, 16, 3)
    np.testing.assert_allclose(made, 0.25, atol=1e-6)


def test_a_square_outside_is_refused() -> None:
    with pytest.raises(GenerateError, match="outside"):
        cut(np.zeros((10, 10, 3), np.float32), Rect(50, 50, 5, 5), 8, 3)
