"""The words of the generative models' cards."""

from genrepair_desktop.lab.cards import CardTexts

_NOBODY = "Real people are in the training pictures; what it makes is nobody, and no evidence of how anyone looked."
_SMALL = "Pictures are small (64 pixels): it shows what could be, not detail for a print."
_CLOSE = "It knows upright, frontal, cropped portraits and nothing else; other pictures come back as faces or mush."
_DIGITS = "For comparison with published figures and for trying the maps; of no use for photographs."

GENERATIVE_TEXTS: dict[str, CardTexts] = {
    "vae-digits": CardTexts(
        "generate",
        "Variational autoencoder of binary handwritten digits.",
        _DIGITS,
        ("Trained on 8,000 digits, a sixth of what the published figures had.",),
    ),
    "vae-portraits": CardTexts(
        "generate",
        "Variational autoencoder of portraits: a smooth latent space to browse, blend and encode photos in.",
        "Latent maps, paths between portraits, fusion, and features of faces.",
        ("Its pictures are mean pictures: soft by design.", _CLOSE, _SMALL, _NOBODY),
    ),
    "gan-portraits": CardTexts(
        "generate",
        "Generator of portraits: the decoder of the portrait VAE, sharpened by a critic.",
        "Sharper samples, style mixing by resolution, fusion, and latents of photos.",
        ("Many samples still show faces that no one would take for a photograph.", _CLOSE, _SMALL, _NOBODY),
    ),
    "pixel-rnn-digits": CardTexts(
        "generate",
        "Row LSTM over the pixels of binary handwritten digits, with exact likelihood.",
        _DIGITS,
        (
            "It completes in reading order: what lies below a hole is not taken into account.",
            "Trained on 8,000 digits, a sixth of what the published figures had.",
        ),
    ),
    "pixel-rnn-portraits": CardTexts(
        "generate",
        "Row LSTM over the codes of portraits: draws several answers for a missing part.",
        "Portraits of which a part is missing, above all the lower part.",
        (
            "Known pixels come back through codes, nearly as they were; a repair puts them back.",
            _CLOSE,
            _SMALL,
            _NOBODY,
        ),
    ),
    "manifold-portraits": CardTexts(
        "generate",
        "Autoencoder held to the manifold of portraits, taught to see past noise and holes.",
        "Filling large holes in portraits; directions in which a portrait can change.",
        ("Fills are smooth.", _CLOSE, _SMALL, _NOBODY),
    ),
    "manifold-patches": CardTexts(
        "generate",
        "Autoencoder held to the manifold of small patches of photographs.",
        "Manifold repair of pictures that are no portraits.",
        ("It sees 32 pixels at a time: structure larger than that is not continued.",),
    ),
    "features-digits": CardTexts(
        "features",
        "Names digits; its features measure sets of generated digits.",
        "Scores of this project only: its distances are not comparable with those of other networks.",
        (),
    ),
    "features-portraits": CardTexts(
        "features",
        "Names what was done to a portrait; its features measure sets of generated portraits.",
        "Scores of this project only: its distances are not comparable with those of other networks.",
        (_NOBODY,),
    ),
}
