"""Words for what was unusual about a repaired place: in the window, on the command line and in a batch's report."""

_WORDS = {
    "out-of-memory": "ran out of memory, filled smoothly instead",
    "wrong-shape": "the method failed here, filled smoothly instead",
    "not-finite": "the method failed here, filled smoothly instead",
    "out-of-range": "the method failed here, filled smoothly instead",
    "unlike-faces": "looked like a face, but like none that the model learned: filled smoothly",
    "far-from-faces": "the face is not much like those that the model learned: look closely",
    "slow-format": "the fast number format gave no picture, worked out in the slow one",
    "left-card": "too large for the graphics card, worked out on the processor",
    "unfamiliar": "unlike the photos that the networks learned from: look closely",
}


def in_words(note: str) -> str:
    """The words for a ``HoleRecord.note``; a note of another version of the program stands for itself."""
    return _WORDS.get(note, note)
