"""Which windows a box is filled in, by which method, and in which order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from genrepair_desktop.imaging.geometry import Rect
from genrepair_desktop.repair.catalog import find_method
from genrepair_desktop.repair.hole_facts import Hole
from genrepair_desktop.repair.method import ThinDamage
from genrepair_desktop.repair.narrow_windows import narrow_cores
from genrepair_desktop.repair.windows import Window, plan_windows

# longer holes are cut even for methods that could take them whole: memory follows the window
_LARGEST_SIDE = 1024
# Thin damage goes along narrow windows, in classes by thickness (pixels): a thinner class needs less context.
# Against 160 pixels of context, 16 change the network's fill of a line 8 pixels wide by 0.015 / 255, 32 that of one
# 16 wide by 0.022, 48 that of one 32 wide by 0.2
_THIN_CLASSES = (8.0, 16.0)


@dataclass(frozen=True)
class Group:
    """Windows that one method fills. ``is_free``: in any order and several at once."""

    method: str
    windows: list[Window]
    is_free: bool


def plan_groups(
    pixels: npt.NDArray[np.intp], labels: npt.NDArray[np.int32], holes: Sequence[Hole], methods: Mapping[int, str]
) -> list[Group]:
    """The groups in the order in which they are filled; together they fill every hole once.

    ``pixels`` are the flat numbers of the masked pixels; ``labels`` and ``holes`` what ``find_holes`` gave;
    ``methods`` tells the method of each label.
    """
    bounds = Rect.of_shape(labels.shape)
    owner = labels.ravel()[pixels]
    groups: list[Group] = []
    # thin damage first: large holes then see mended surroundings
    for method in dict.fromkeys(methods[hole.label] for hole in holes):
        spec = find_method(method)
        side = min(spec.max_side or _LARGEST_SIDE, _LARGEST_SIDE)
        others = [hole for hole in holes if methods[hole.label] == method]
        if spec.thin is not None:
            for least, most in pairwise((0.0, *_THIN_CLASSES)):
                chosen = np.zeros(len(holes) + 1, np.bool_)
                chosen[[hole.label for hole in others if least < hole.thickness <= most]] = True
                if chosen.any():
                    windows = _narrow_windows(pixels[chosen[owner]], chosen, spec.thin, most, side, bounds)
                    groups.append(Group(method, windows, spec.thin.is_local))
            others = [hole for hole in others if hole.thickness > _THIN_CLASSES[-1]]
        if others:
            boxes = [(hole.label, hole.rect) for hole in others]
            groups.append(Group(method, plan_windows(boxes, spec.context, side, bounds), False))
    return groups


def _narrow_windows(
    pixels: npt.NDArray[np.intp],
    chosen: npt.NDArray[np.bool_],
    how: ThinDamage,
    thickness: float,
    max_side: int,
    bounds: Rect,
) -> list[Window]:
    """Windows for the holes whose labels are ``chosen``, which have these pixels."""
    context = how.context(thickness)
    size = (bounds.h, bounds.w)
    cores = narrow_cores(pixels, size, context, max_side=max_side, start_cost=how.start_cost)
    labels = tuple(np.flatnonzero(chosen).tolist())
    return [Window(core.grown(context).intersect(bounds), labels, core) for core in cores]
