"""What the face locator learns from, its losses, and its figures."""

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

from genrepair_desktop.generate.face_locator import MOST_OFFSET, SHARES
from genrepair_desktop.lab import face_views
from genrepair_desktop.lab.datasets import CropSource, open_photos
from genrepair_desktop.lab.face_views import FacePictures, draw_views, likely_face
from genrepair_desktop.lab.recipes.face_locator import LocatorRecipe, LocatorShape, arrays_of, errors, overlaps
from genrepair_desktop.lab.scores import measure
from genrepair_desktop.networks.face_locator import FaceLocator
from tests.lab.drawn import draw_photo

SMALL = LocatorShape(side=32, width=4, levels=2, widest=8, features=8)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> CropSource:
    """Two portraits (the library's astronaut), two aligned ones, six photographs without a face; all held out."""
    from skimage import data

    folder = tmp_path_factory.mktemp("faces")
    portrait = data.astronaut()[:300, 90:370]
    pictures = {
        "portraits_pd": [portrait, portrait[:, ::-1]],
        "faces128": [portrait[40:190, 55:205]] * 2,
        "flowers_ccby": [draw_photo(seed, 120, 140) for seed in range(6)],
    }
    for group, some in pictures.items():
        (folder / group).mkdir()
        for i, picture in enumerate(some):
            PillowImage.fromarray(np.ascontiguousarray(picture)).save(folder / group / f"{group}{i}.png")
        names = "".join(f"{group}{i}.png,test:{group}{i}\n" for i in range(len(some)))
        (folder / group / "keys.csv").write_text("file,key\n" + names)
    return CropSource(open_photos([folder], tmp_path_factory.mktemp("cache")), "test")


def test_pictures_are_told_apart_by_their_groups(source: CropSource) -> None:
    pictures = FacePictures(source)
    assert [len(p) for p in (pictures.portraits, pictures.aligned, pictures.faceless)] == [2, 2, 6]
    face = pictures.face(pictures.portraits[0])
    assert face is not None
    assert abs(face.x + face.w / 2 - 132) < 30
    assert likely_face(draw_photo(3)) is None


def test_views_repeat_with_their_generator_and_say_what_they_show(source: CropSource) -> None:
    pictures = FacePictures(source)
    views, again = (draw_views(pictures, 60, 32, np.random.default_rng(4)) for _ in range(2))
    assert all(np.array_equal(a.view, b.view) and a[1:] == b[1:] for a, b in zip(views, again, strict=True))
    assert {v.odds for v in views} >= {0, 1}
    for view, place, odds in views:
        assert view.shape == (32, 32, 2)
        assert view.min() >= 0
        assert view.max() <= 1
        assert set(np.unique(view[..., 1])) <= {0, 1}
        if odds == 1:
            assert max(map(abs, place[:2])) <= MOST_OFFSET
            assert SHARES[0] - 1e-6 <= np.exp(place[2]) <= SHARES[1] + 1e-6


def test_the_hole_of_a_view_is_in_its_middle(source: CropSource) -> None:
    views = draw_views(FacePictures(source), 60, 32, np.random.default_rng(5))
    holes = [np.argwhere(view[..., 1] > 0) for view, _, _ in views]
    middles = np.array([(hole.min(0) + hole.max(0) + 1) / 2 for hole in holes if len(hole)])
    assert len(middles) > 40
    assert np.abs(middles - 16).max() <= 1


def test_an_aligned_face_is_laid_where_the_view_says(source: CropSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_views, "_PORTRAIT_SHARE", 0.0)
    monkeypatch.setattr(face_views, "_PASTED_SHARE", 1.0)
    monkeypatch.setattr(face_views, "_grey", lambda picture, rng: np.full((*picture.shape[:2], 1), picture.mean()))
    monkeypatch.setattr(face_views, "_worn", lambda grey, rng: grey)
    monkeypatch.setattr(face_views, "_square", lambda pictures, side, rng: np.zeros((side, side, 3), np.float32))
    monkeypatch.setattr(face_views, "_hole", lambda side, share, rng: np.zeros((side, side), bool))
    for view, place, _ in draw_views(FacePictures(source), 20, 64, np.random.default_rng(6)):
        share = float(np.exp(place[2]))
        if max(map(abs, place[:2])) + share / 2 > 0.5:
            continue
        lit = np.argwhere(view[..., 0] > 0.25 * view[..., 0].max())
        y, x = (lit.min(0) + lit.max(0) + 1) / 2 / 64 - 0.5
        assert (x, y) == pytest.approx(place[:2], abs=0.03)


def test_a_right_answer_costs_nothing_and_an_unsure_view_counts_for_nothing() -> None:
    place = torch.tensor([[0.1, -0.1, -0.5], [0.0, 0.0, 0.0], [0.3, 0.3, -0.2]])
    odds = torch.tensor([1, 0, -1])
    sure = torch.tensor([[20.0], [-20.0], [-20.0]])
    entropy, off = errors(torch.cat([sure, place], 1), place, odds)
    assert float(entropy) == pytest.approx(0, abs=1e-6)
    assert float(off) == 0
    entropy, off = errors(torch.cat([-sure, place + 0.2], 1), place, odds)
    assert float(entropy) == pytest.approx(20, rel=0.01)
    # 0.2 views are 0.33 sides of this face: beyond 0.1 an error counts in proportion
    off_side = 0.2 * np.exp(0.5)
    assert float(off) == pytest.approx(2 * (off_side - 0.05) + (0.2 - 0.05), rel=1e-4)


def test_overlaps_of_places() -> None:
    a = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    b = torch.tensor([[0.5, 0.0, 0.0], [2.0, 0.0, 0.0]])
    torch.testing.assert_close(overlaps(a, b), torch.tensor([1 / 3, 0.0]))


def test_the_recipe_trains_and_shows_itself(source: CropSource) -> None:
    recipe = LocatorRecipe(shape=SMALL)
    torch.manual_seed(0)
    nets = recipe.networks()
    drawn = draw_views(FacePictures(source), 24, SMALL.side, np.random.default_rng(1))
    batch = {k: torch.from_numpy(v) for k, v in arrays_of(drawn).items()}
    optimiser = torch.optim.Adam(nets["net"].parameters(), 5e-3)
    values = []
    for step in range(12):
        (loss,) = recipe.losses(nets, batch, step)
        optimiser.zero_grad()
        loss.value.backward()
        optimiser.step()
        values.append(loss.value.item())
    assert values[-1] < values[0]
    with torch.no_grad():
        assert recipe.sheet(nets["net"].eval(), batch).ndim == 3


def test_the_network_sees_a_faded_photo_like_any_other() -> None:
    network = _network()
    views = torch.rand(3, 2, 32, 32)
    views[:, 1] = (views[:, 1] > 0.8).float()
    faded = views.clone()
    faded[:, 0] = 0.3 + 0.6 * faded[:, 0]
    with torch.no_grad():
        torch.testing.assert_close(network(views), network(faded), atol=0.02, rtol=0.05)
        assert torch.isfinite(network(torch.zeros(1, 2, 32, 32))).all()


def _network() -> FaceLocator:
    torch.manual_seed(1)
    return FaceLocator(side=32, width=4, levels=2, widest=8, features=8).eval()


def test_an_untrained_locator_finds_nothing_and_the_cascade_only_what_is_hardly_hidden(source: CropSource) -> None:
    scores = {s.name: s for s in measure("face-locator", _network(), source)}
    little = scores["a round hole as wide as a quarter of the face: faces found"]
    assert little.value == 0
    assert little.pictures == 2
    assert little.rival_value == 100
    both = scores["a round hole as wide as a quarter of the face: faces found, the cascade asked first"]
    assert both.value == 100
    assert scores["photographs without a face: finds"].value == 0
