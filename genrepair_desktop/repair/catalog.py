"""Every method, by id. A new method is a file beside this one and a line here."""

from genrepair_desktop.errors import UnknownMethodError
from genrepair_desktop.repair import (
    auto,
    background,
    biharmonic,
    carry,
    cnn_fill,
    copies_fill,
    denoise,
    gan_fill,
    harmonic,
    hybrid,
    manifold_fill,
    opencv_fills,
    patchmatch,
    picture_fill,
    pixel_rnn_fill,
    polynomial,
    total_variation,
    upscale,
)
from genrepair_desktop.repair.added import added_specs
from genrepair_desktop.repair.detect import MODEL as DAMAGE_MODEL
from genrepair_desktop.repair.method import MethodSpec

_SPECS: tuple[MethodSpec, ...] = (
    auto.SPEC,
    polynomial.SPEC,
    harmonic.SPEC,
    biharmonic.SPEC,
    total_variation.SPEC,
    opencv_fills.TELEA,
    opencv_fills.NAVIER_STOKES,
    patchmatch.SPEC,
    hybrid.SPEC,
    cnn_fill.SPEC,
    gan_fill.SPEC,
    manifold_fill.SPEC,
    pixel_rnn_fill.SPEC,
    denoise.SPEC,
    upscale.SPEC,
    background.SPEC,
)

METHODS: dict[str, MethodSpec] = {spec.id: spec for spec in _SPECS}
DEFAULT_METHOD = "auto"
# reached by recipes only: nobody can choose them, as they mean nothing without what the recipe holds
_BY_RECIPE: dict[str, MethodSpec] = {spec.id: spec for spec in (picture_fill.SPEC, copies_fill.SPEC, carry.SPEC)}


def all_methods() -> dict[str, MethodSpec]:
    """The methods of the program, and after them one for each model that the user added."""
    return {**METHODS, **added_specs()}


def blending_methods() -> tuple[str, ...]:
    """The methods that make fills between fills."""
    return tuple(spec.id for spec in METHODS.values() if spec.blends)


def reserved_ids() -> frozenset[str]:
    """Names that a model added by the user cannot have: those of methods, and of the models they work with."""
    return frozenset(METHODS) | {model for spec in METHODS.values() for model in spec.models} | {DAMAGE_MODEL}


def find_method(method_id: str) -> MethodSpec:
    """The method with this id.

    Raises:
        UnknownMethodError: there is none.
    """
    spec = METHODS.get(method_id) or _BY_RECIPE.get(method_id) or added_specs().get(method_id)
    if spec is None:
        known = ", ".join(sorted(all_methods()))
        raise UnknownMethodError(f"There is no method {method_id!r}; choose one of: {known}.")
    return spec
