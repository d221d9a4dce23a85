"""What the training groups are and what their publishers say of their licences: goes into every card."""

from collections import Counter

from genrepair_desktop.lab.datasets import PhotoSet
from genrepair_desktop.registry.card import DataSource

_PEOPLE = "Real people are in it; what a model makes of it is nobody."
# group (a folder's name): licence, source, note
_KNOWN: dict[str, tuple[str, str, str]] = {
    "flowers_ccby": (
        "CC BY 2.0",
        "Oldpel/flower_photos, a copy of TensorFlow's flower_photos",
        "Photographers are credited in the set's flowers_attribution.csv (Flickr photo ids and addresses).",
    ),
    "clothing_cc0": ("CC0 1.0", "alexeygrigorev/clothing-dataset-small", ""),
    "grocery_mit": ("MIT, (c) 2019 Marcus Klasson", "marcusklasson/GroceryStoreDataset", ""),
    "wallpaper_tiles": (
        "CC0, or public domain as stated by the publisher",
        "BuddiesOfBudgie/budgie-backgrounds, pop-os/wallpapers, elementary/wallpapers (its CC0 files)",
        "Tiles of 384 pixels; tiles of one photograph are in one part only.",
    ),
    "portraits_pd": (
        "no licence file; public domain in the United States by age (inference)",
        "voteview/member_photos, people who died by 1929",
        _PEOPLE,
    ),
    "caltech101_declared_ccby": (
        "CC BY 4.0 as its publisher's record declares; the pictures come from the web",
        "Caltech 101, by way of MachineLearning2020/Homework2-Caltech101",
        "",
    ),
    "faces128": (
        "public domain by age, or mostly works of the US government (hosted by its sites; not proven for each)",
        "voteview/member_photos, Reform-to/congress-photos, vharnathka/cse151a",
        f"Aligned portraits; one person is in one part only. {_PEOPLE}",
    ),
    "mnist10k": ("usually listed as CC BY-SA 3.0", "kelas/mnist, the test part of MNIST", ""),
}
# folders that are parts of one set: the classes of the digits, the tiers of the faces
_FACE_TIERS = ("A_pd_age", "A_usgov_cpd", "B_bioguide", "B_congress_gov", "B_died30_54")
_PARTS_OF = {str(digit): "mnist10k" for digit in range(10)} | dict.fromkeys(_FACE_TIERS, "faces128")
_OWN = ("not stated", "a folder of the person who trained this model", "")


def data_sources(photos: PhotoSet) -> tuple[DataSource, ...]:
    """One entry for each group of the training part, with the number of its pictures."""
    counts = Counter(_set_of(photos.groups[i]) for i in photos.indices("train"))
    sources = []
    for group in sorted(counts):
        licence, source, note = _KNOWN.get(group, _OWN)
        sources.append(DataSource(group, counts[group], licence, source, note))
    return tuple(sources)


def _set_of(group: str) -> str:
    """The set that a folder is a part of, or the folder itself."""
    return _PARTS_OF.get(group, group)
