"""Fill a face by drawing: a row LSTM draws the codes of what is missing, another seed draws another answer."""

import copy

import numpy as np

from genrepair_desktop.errors import RepairFailedError
from genrepair_desktop.generate.pixel_rnn import PortraitRnnModel
from genrepair_desktop.imaging.arrays import Image
from genrepair_desktop.imaging.colour import as_colour, from_colour
from genrepair_desktop.imaging.prefill import prefill
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair.face_fill import cut_face, face_around, put_face
from genrepair_desktop.repair.method import MethodSpec, ModelLoader, Patch, Repairer
from genrepair_desktop.repair.params import NoParams

MODEL = "pixel-rnn-portraits"
# A pixel that is hole by more than this is drawn anew
_COVERED = 0.1


def build(params: NoParams, models: ModelLoader) -> Repairer:
    """A repairer with the shipped model.

    Raises:
        UnknownModelError, CardError: the model is not installed, or damaged.
    """
    # drawing compares odds: bfloat16 has too few digits for that
    model = PortraitRnnModel(MODEL, copy.deepcopy(models.load(MODEL)).float())

    def repair(patch: Patch, ctx: RunContext) -> Image:
        start = prefill(as_colour(patch.image), patch.mask)
        ctx.checkpoint(0.05, "repairing")
        face = face_around(start, patch.mask, models)
        if face is None:
            raise RepairFailedError("No face was found around the hole: choose another method.")
        cutting = cut_face(start, patch.mask, face, model)
        hole = cutting.covered > _COVERED
        if hole.all():
            raise RepairFailedError("Nothing of the face is known: choose another method.")
        drawn = model.complete(cutting.picture, hole, 1, ctx.part(0.1, 0.95))[0]
        filled = put_face(drawn, start, patch.mask, face)
        ctx.checkpoint(1.0, "repairing")
        return np.where(patch.mask[..., None], from_colour(filled, patch.image), patch.image)

    return repair


SPEC = MethodSpec(
    id="pixel-rnn",
    family="learned",
    task="fill",
    build=build,
    # a face is found only if it is seen whole
    context=lambda side: max(64, 2 * side),
    is_seeded=True,
    adds_grain=True,
    models=(MODEL,),
    subject="portraits",
)
