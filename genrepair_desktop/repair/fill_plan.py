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
# Twice its thickness around a scratch changes the network's fill by 0.02 / 255 against the whole picture
_THIN_CLASSES = (8.0, 16.0)


@dataclass(frozen=True)
class Group:
    """Windows that one method fills. ``is_free``: in any order and several at once."""

    method: str
    windows: list[Window]
    is_free: bool


def plan_groups(
    labels: npt.NDArray[np.int32], holes: Sequence[Hole], methods: Mapping[int, str], bounds: Rect
) -> list[Group]:
    """The groups in the order in which they are filled; together they fill every hole once.

    ``methods`` tells the method of each hole's label.
    """
    groups: list[Group] = []
    # thin damage first: large holes then see mended surroundings
    for method in dict.fromkeys(methods[hole.label] for hole in holes):
        spec = find_method(method)
        side = min(spec.max_side or _LARGEST_SIDE, _LARGEST_SIDE)
        others = [hole for hole in holes if methods[hole.label] == method]
        if spec.thin is not None:
            for least, most in pairwise((0.0, *_THIN_CLASSES)):
                thin = [hole for hole in others if least < hole.thickness <= most]
                if thin:
                    windows = _narrow_windows(labels, thin, len(holes), spec.thin, most, side, bounds)
                    groups.append(Group(method, windows, spec.thin.is_local))
            others = [hole for hole in others if hole.thickness > _THIN_CLASSES[-1]]
        if others:
            boxes = [(hole.label, hole.rect) for hole in others]
            groups.append(Group(method, plan_windows(boxes, spec.context, side, bounds), False))
    return groups


def _narrow_windows(
    labels: npt.NDArray[np.int32],
    thin: list[Hole],
    count: int,
    how: ThinDamage,
    thickness: float,
    max_side: int,
    bounds: Rect,
) -> list[Window]:
    numbers = tuple(hole.label for hole in thin)
    if len(thin) == count:
        mask = labels > 0
    else:
        is_thin = np.zeros(count + 1, np.bool_)
        is_thin[list(numbers)] = True
        mask = is_thin[labels]
    context = how.context(thickness)
    cores = narrow_cores(mask, context, max_side=max_side, start_cost=how.start_cost)
    return [Window(core.grown(context).intersect(bounds), numbers, core) for core in cores]
