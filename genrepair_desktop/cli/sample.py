"""The damaged photo that comes with the program, and its repair without a window."""

from dataclasses import dataclass
from pathlib import Path

from genrepair_desktop import paths
from genrepair_desktop.errors import GenRepairError


class SampleError(GenRepairError):
    """The sample photo is not there or cannot be put where it was asked."""


@dataclass(frozen=True)
class Sample:
    """A damaged photo and the mask of its damage."""

    photo: Path
    mask: Path


def find_sample() -> Sample:
    """The first sample photo of the program that has a mask beside it (``NAME-mask.png``).

    Raises:
        SampleError: there is none, as in a broken installation.
    """
    folder = paths.resources_dir() / "samples"
    for mask in sorted(folder.glob("*-mask.png")):
        stem = mask.name.removesuffix("-mask.png")
        for photo in sorted(folder.glob(f"{stem}.*")):
            return Sample(photo, mask)
    raise SampleError(f"There is no sample photo in {folder}: install GenRepair again.")


def repair_sample(sample: Sample, folder: Path, seed: int = 0) -> list[Path]:
    """Repair the sample with the default method and write both pictures.

    Returns:
        The paths of the pictures before and after.
    """
    from genrepair_desktop.cli.loader import model_loader
    from genrepair_desktop.cli.progress import watched
    from genrepair_desktop.imaging.codecs import read_photo, write_photo
    from genrepair_desktop.repair.photo_job import read_mask, repair_pixels
    from genrepair_desktop.repair.recipe import Recipe

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SampleError(f"The folder {folder} cannot be made ({error.strerror}): name another with -o.") from None
    photo = read_photo(sample.photo)
    coverage = read_mask(sample.mask, photo.pixels)
    with watched("Repairing the sample", seed) as ctx:
        done = repair_pixels(photo.pixels, coverage, Recipe(seed=seed), ctx, model_loader())
    before, after = folder / "before.png", folder / "after.png"
    for path, pixels in ((before, photo.pixels), (after, done.pixels)):
        write_photo(path, pixels, photo.metadata, photo.source, overwrite=True)
    return [before.resolve(), after.resolve()]
