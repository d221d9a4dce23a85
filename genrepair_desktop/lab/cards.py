"""The words of each model's card. Figures and data are added when it is published."""

from dataclasses import dataclass

from genrepair_desktop.registry.card import ModelKind

# Weights are works of this project; what they were trained on is listed with its own licences
_LICENCE = "the licence of this project; the training pictures keep their own, listed as data"
_SMALL = "Trained on small pictures (240 to 384 pixels): detail finer than theirs was never seen."
_PEOPLE = "Faces that it invents are nobody's. They are no evidence of how a person looked."


@dataclass(frozen=True)
class CardTexts:
    """What a person should know before they use a model."""

    kind: ModelKind
    summary: str
    intended_use: str
    limits: tuple[str, ...]
    licence: str = _LICENCE


CARD_TEXTS: dict[str, CardTexts] = {
    "fill-cnn": CardTexts(
        "fill",
        "Fills scratches and holes: corrects a smooth first fill inside the mask.",
        "Scratches, cracks, dust and small holes in photographs, where one faithful answer is wanted.",
        (
            "Large holes become smooth: structure is continued, texture is not invented.",
            _SMALL,
            _PEOPLE,
        ),
    ),
    "fill-gan": CardTexts(
        "fill",
        "Fills holes with texture; another noise gives another fill.",
        "Holes too large for a smooth fill, where several plausible answers may be looked at.",
        ("What it puts into a hole is invented.", _SMALL, _PEOPLE),
    ),
    "denoise": CardTexts(
        "denoise",
        "Removes noise, film grain and JPEG blocks without being told how strong they are; maps the noise too.",
        "Noise up to 55/255 and JPEG of quality 10 to 95, colour and grey.",
        ("Fine regular texture weaker than the noise is lost.", _SMALL),
    ),
    "upscale": CardTexts(
        "upscale",
        "Enlarges twice or four times, faithfully: sharp where the small picture says so.",
        "Small, clean scans and web copies. Denoise first where there is noise.",
        ("It sharpens what is there and invents nothing; four times stays soft.", _SMALL),
    ),
    "detect": CardTexts(
        "detect",
        "Says for each pixel how likely it is damaged: scratches, creases, dust, hairs, stains, lost emulsion.",
        "A first mask for a person to correct.",
        (
            "Learned from drawn damage: look at its mask before repairing.",
            "Thin light or dark lines that belong to the picture (wires, whiskers) may be marked.",
            _SMALL,
        ),
    ),
    "face-locator": CardTexts(
        "locate",
        "Finds the face around a hole that hides so much of it that a finder of whole faces misses it.",
        "Asked by the repairs that know portraits, after the cascade that finds whole faces.",
        (
            "It knows upright, mostly frontal faces, most of them of men: the members of one parliament.",
            "In the one modern snapshot it was tried on, it was sure at 3 of the 15 holes that the cascade missed.",
            "What it says of a face is where it is; it tells nobody from anybody.",
            "Where a hole hides nearly all of a face, its place is a guess from hair, collar and shoulders.",
        ),
    ),
}
