"""Parts of aligned faces, and the collage made of them."""

import numpy as np
import pytest

from genrepair_desktop.generate.fusion import FACE_PARTS, collage, face_part
from genrepair_desktop.generate.model import GenerateError


@pytest.mark.parametrize("side", [16, 64, 128])
def test_each_part_is_whole_in_its_middle_and_absent_at_the_others(side: int) -> None:
    for part, (x, y, _, _) in FACE_PARTS.items():
        row, column = round(y * side - 0.5), round(x * side - 0.5)
        assert face_part(part, side)[row, column] == 1
        assert all(face_part(other, side)[row, column] < 0.5 for other in FACE_PARTS if other != part)
        assert face_part(part, side)[0].max() == 0


def test_a_part_that_no_face_has_is_named_in_one_sentence() -> None:
    with pytest.raises(GenerateError, match="eyes, nose, mouth"):
        face_part("tail", 64)


def test_a_collage_takes_each_pixel_from_who_claims_it_and_is_unsure_where_claims_meet() -> None:
    pictures = np.stack([np.full((32, 32, 3), value, np.float32) for value in (0.2, 0.8)])
    mouth = face_part("mouth", 32)
    made, confidence = collage(pictures, [np.zeros_like(mouth), mouth])
    assert np.allclose(made[mouth == 1], 0.8)
    assert np.allclose(made[mouth == 0], 0.2)
    assert confidence[mouth == 1].min() == 1
    between = (mouth > 0.45) & (mouth < 0.55)
    assert confidence[between].max() < 0.2
