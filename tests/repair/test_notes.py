"""What a record notes about a place is told in words, wherever it is told."""

import re
from pathlib import Path

from genrepair_desktop.registry.inference import LEFT_CARD, SLOW_FORMAT
from genrepair_desktop.repair import auto, fill_run, hole_method
from genrepair_desktop.repair.manifold_fill import FAR_FROM_FACES
from genrepair_desktop.repair.notes import in_words
from genrepair_desktop.repair.unfamiliar import UNFAMILIAR

# returned, or noted, as they stand
_LITERAL = re.compile(r'(?:return|problem =.*,|note =) "([a-z]+(?:-[a-z]+)+)"')


def test_every_note_has_words() -> None:
    texts = [Path(room.__file__ or "").read_text("utf-8") for room in (fill_run, hole_method)]
    found = {
        auto.UNLIKE_FACES,
        FAR_FROM_FACES,
        UNFAMILIAR,
        LEFT_CARD,
        SLOW_FORMAT,
        *_LITERAL.findall("\n".join(texts)),
    }
    assert found >= {"not-finite", "out-of-memory", "wrong-shape"}
    for note in found:
        assert " " in in_words(note), f"{note} has no words"


def test_a_note_that_is_not_known_stands_for_itself() -> None:
    assert in_words("of-tomorrow") == "of-tomorrow"
