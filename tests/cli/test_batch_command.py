"""``genrepair batch``: goes on after bad files, goes on after a kill, and tells about every file."""

import csv
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from genrepair_desktop.imaging.codecs import read_photo, write_photo
from tests.faults import LONG
from tests.fuzz.pictures import _inflating_to, _packed_png
from tests.shell import Run, picture, scratch

ROOT = Path(__file__).resolve().parents[2]
METHOD = ("-m", "telea")


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Photos in two folders: sound, with nothing marked, broken, without a mask, of another size, of one name."""
    for name in ("a.png", "sub/b.tif", "clean.png", "lonely.png", "large.png"):
        target = tmp_path / "scans" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        size = (240, 320) if name == "large.png" else (120, 160)
        write_photo(target, picture(seed=len(name), size=size, depth=np.uint16 if name.endswith("tif") else np.uint8))
    broken = (tmp_path / "scans" / "a.png").read_bytes()
    (tmp_path / "scans" / "broken.png").write_bytes(broken[: len(broken) // 2])
    for name in ("a.png.gif", "a.png.gif.png"):
        Image.fromarray(picture()).save(tmp_path / "scans" / "sub" / name)
    (tmp_path / "scans" / "notes.txt").write_text("no photo")
    (tmp_path / "scans" / ".hidden.png").write_bytes(broken)
    return tmp_path / "scans"


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Masks by name; that of ``clean`` marks nothing, ``lonely`` has none."""
    folder = tmp_path / "masks"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b-mask.png", "broken.png", "large.png", "sub/a.png.png", "sub/a.png.gif.png"):
        write_photo(folder / name, scratch()[..., None])
    write_photo(folder / "clean.png", np.zeros((120, 160, 1), np.uint8))
    return folder


def rows_of(report: Path) -> dict[str, dict[str, str]]:
    with report.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def files_in(folder: Path) -> dict[str, bytes]:
    """All pictures under a folder but the batch's own, by name."""
    paths = [path for path in folder.rglob("*") if path.suffix in (".png", ".tif")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_a_bad_file_costs_its_row_and_the_rest_is_done(
    genrepair: Run, scans: Path, masks: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ended = genrepair("batch", scans, "--mask-dir", masks, *METHOD, "--jobs", 2, "-o", out)
    rows = rows_of(out / "report.csv")
    assert ended.code == 1
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.png": "repaired",
        "broken.png": "failed",
        "clean.png": "unchanged",
        "large.png": "repaired",
        "lonely.png": "failed",
        "sub/a.png.gif": "repaired",
        "sub/a.png.gif.png": "repaired",
        "sub/b.tif": "repaired",
    }
    assert "breaks off" in rows["broken.png"]["reason"]
    assert "no mask" in rows["lonely.png"]["reason"]
    told_apart = {"sub/a.png.gif-2.png", "sub/a.png.gif.png"}
    assert set(files_in(out)) == {"a.png", "clean.png", "large.png", "sub/b.tif"} | told_apart
    assert rows["sub/a.png.gif"]["output"] == "sub/a.png.gif-2.png"
    assert 'Saved as "a.png.gif-2.png"' in rows["sub/a.png.gif"]["reason"]
    assert "Saved" not in rows["sub/a.png.gif.png"]["reason"]
    assert (out / "clean.png").read_bytes() == (scans / "clean.png").read_bytes()
    before, after = read_photo(scans / "sub/b.tif").pixels, read_photo(out / "sub/b.tif").pixels
    assert after.dtype == np.uint16
    assert np.array_equal(after[scratch() == 0], before[scratch() == 0])
    assert not np.array_equal(after, before)
    assert "8 files: 5 repaired" in ended.out
    assert len(list((out / "genrepair-batch" / "before-after").rglob("*.jpg"))) == 5


def test_one_mask_for_all_and_the_same_bytes_for_any_number_of_workers(
    genrepair: Run, scans: Path, mask: Path, tmp_path: Path
) -> None:
    (scans / "broken.png").unlink()
    results = []
    for jobs in (1, 3):
        out = tmp_path / f"out{jobs}"
        assert genrepair("batch", scans, "--mask", mask, "--seed", 4, *METHOD, "--jobs", jobs, "-o", out).code == 0
        results.append(files_in(out))
    assert results[0] == results[1]
    assert len(results[0]) == 7


def test_going_on_repeats_nothing(genrepair: Run, scans: Path, masks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("batch", scans, "--mask-dir", masks, *METHOD, "-o", out)
    genrepair(*words)
    (out / "a.png").write_bytes(b"would be replaced if it were done again")
    ended = genrepair(*words, "--resume")
    assert ended.code == 1
    assert (out / "a.png").read_bytes() == b"would be replaced if it were done again"
    write_photo(masks / "lonely.png", scratch()[..., None])
    assert genrepair(*words, "--resume", "--retry-failed").code == 1
    assert rows_of(out / "report.csv")["lonely.png"]["status"] == "repaired"
    assert (out / "a.png").read_bytes() == b"would be replaced if it were done again"


@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=LONG)])
def test_a_batch_killed_at_random_moments_loses_nothing_and_repeats_nothing(
    genrepair: Run, mask: Path, tmp_path: Path, kills: int
) -> None:
    """Killed, and gone on with, so many times; at last it is let run to its end."""
    scans, out, whole = tmp_path / "many", tmp_path / "out", tmp_path / "whole"
    scans.mkdir()
    count, rng, stamps = 30 * kills, random.Random(kills), dict[str, int]()
    for number in range(count):
        write_photo(scans / f"{number:03}.png", picture(seed=number % 30))
    words = ["batch", scans, "--mask", mask, *METHOD, "--jobs", 2, "-o"]
    journal = out / "genrepair-batch" / "journal.jsonl"
    for kill in range(kills):
        command = [sys.executable, "-m", "genrepair_desktop.cli", *map(str, words), str(out)]
        kill_in_the_middle([*command, "--resume"] if kill else command, journal, rng)
        done = rows_in(journal)
        assert len(set(done)) == len(done) < count
        assert set(stamps) < set(done)
        assert {name: (out / name).stat().st_mtime_ns for name in stamps} == stamps
        stamps = {name: (out / name).stat().st_mtime_ns for name in done}

    assert genrepair(*words, out, "--resume").code == 0
    assert genrepair(*words, whole).code == 0
    assert files_in(out) == files_in(whole)
    assert {name: (out / name).stat().st_mtime_ns for name in stamps} == stamps
    assert (
        sorted(rows_in(journal))
        == sorted(rows_of(out / "report.csv"))
        == sorted(path.name for path in scans.iterdir())
    )
    assert not list(out.rglob(".genrepair-*"))


def kill_in_the_middle(command: list[str], journal: Path, rng: random.Random) -> None:
    """Start a batch, let it finish some files, and kill it at a random moment; its workers end by themselves."""
    before = len(rows_in(journal))
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and len(rows_in(journal)) <= before:
        time.sleep(0.01)
    time.sleep(rng.uniform(0, 0.15))
    workers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert psutil.wait_procs(workers, timeout=30)[1] == []


def rows_in(journal: Path) -> list[str]:
    """The names that have a whole row in a journal."""
    lines = journal.read_bytes().split(b"\n")[:-1] if journal.exists() else []
    return [json.loads(line)["row"]["name"] for line in lines if b'"row"' in line]


@pytest.mark.slow
def test_a_file_that_hangs_and_one_that_eats_memory_cost_their_own_rows(
    genrepair: Run, mask: Path, tmp_path: Path
) -> None:
    """No tricks: a hole that takes the method most of a minute, and a photo larger than its worker may grow."""
    scans, masks, out = tmp_path / "scans", tmp_path / "masks", tmp_path / "out"
    for folder in (scans, masks):
        folder.mkdir()
    for name in ("a.png", "z.png"):
        write_photo(scans / name, picture())
        (masks / name).write_bytes(mask.read_bytes())
    write_photo(scans / "hangs.png", picture(size=(2000, 2000)))
    hole = np.full((2000, 2000, 1), 255, np.uint8)
    hole[:9] = 0
    write_photo(masks / "hangs.png", hole)
    side = 13_300
    (scans / "eats.png").write_bytes(_packed_png(side, side, 8, 2, _inflating_to((side * 3 + 1) * side)))
    (masks / "eats.png").write_bytes(mask.read_bytes())
    limits = ("--time-limit", 12, "--memory-limit", 800)
    ended = genrepair("batch", scans, "--mask-dir", masks, "-m", "telea", "-p", "radius=15", *limits, "-o", out)
    assert ended.code == 1
    rows = rows_of(out / "report.csv")
    assert {name: row["status"] for name, row in rows.items()} == {
        "a.png": "repaired", "z.png": "repaired", "hangs.png": "failed", "eats.png": "failed",
    }  # fmt: skip
    assert "longer than 12 seconds" in rows["hangs.png"]["reason"]
    assert "more than 800 MB" in rows["eats.png"]["reason"]
    assert sorted(files_in(out)) == ["a.png", "z.png"]


def test_going_on_never_replaces_what_somebody_else_put_there(genrepair: Run, mask: Path, tmp_path: Path) -> None:
    scans, out = tmp_path / "scans", tmp_path / "out"
    for folder in (scans, out):
        folder.mkdir()
    for name in ("a.png", "b.png"):
        write_photo(scans / name, picture())
    (scans / "b.png").write_bytes((scans / "b.png").read_bytes()[:100])
    (out / "a.png").write_bytes(b"mine before")
    words = ("batch", scans, "--mask", mask, *METHOD, "-o", out)
    assert genrepair(*words).code == 1
    (out / "b.png").write_bytes(b"mine since")
    write_photo(scans / "b.png", picture(), overwrite=True)
    assert genrepair(*words, "--resume", "--retry-failed").code == 1
    assert (out / "a.png").read_bytes() == b"mine before"
    assert (out / "b.png").read_bytes() == b"mine since"


def test_what_a_stopped_worker_left_is_done_again(genrepair: Run, mask: Path, tmp_path: Path) -> None:
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    (scans / "a.png").write_bytes(b"no picture")
    words = ("batch", scans, "--mask", mask, *METHOD, "-o", out)
    assert genrepair(*words).code == 1
    # as if its worker had been stopped just after the result was written
    journal = out / "genrepair-batch" / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"failed"', '"failed", "stopped": true'))
    (out / "a.png").write_bytes(b"left by the stopped worker")
    write_photo(scans / "a.png", picture(), overwrite=True)
    assert genrepair(*words, "--resume", "--retry-failed").code == 0
    assert read_photo(out / "a.png").pixels.shape == (120, 160, 3)


def test_results_that_are_there_stay_unless_told(genrepair: Run, scans: Path, mask: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.png").write_bytes(b"mine")
    words = ("batch", scans, "--mask", mask, *METHOD, "-o", out)
    assert genrepair(*words).code == 1
    assert (out / "a.png").read_bytes() == b"mine"
    assert "exists" in rows_of(out / "report.csv")["a.png"]["reason"]
    assert genrepair(*words, "--overwrite").code == 1  # the broken one
    assert (out / "a.png").read_bytes() != b"mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", "--mask", "mask.png", "-o", "out"), "nowhere"),
        (("scans", "-o", "out"), "--mask-dir"),
        (("scans", "--mask", "none.png", "-o", "out"), "none.png"),
        (("scans", "--mask-dir", "none", "-o", "out"), "none"),
        (("scans", "--mask", "mask.png", "--detect", "-o", "out"), "only one"),
        (("scans", "--mask", "mask.png", "-o", "scans"), "folder of the photos"),
        (("scans", "--mask", "mask.png", "-o", "out", "--resume"), "no batch"),
        (("scans", "--mask", "mask.png", "-o", "out", "--time-limit", "0"), "--time-limit"),
        (("scans", "--mask", "mask.png", "-o", "out", "-m", "magic"), "magic"),
        (("scans", "--mask", "mask.png", "-o", "mask.png"), "is a file"),
        (("scans", "--mask", "mask.png", "-o", "out", "--report", "r.html"), "ends in .csv"),
    ],
)
def test_wrong_use_is_one_line_and_makes_nothing(
    genrepair: Run,
    scans: Path,
    mask: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = genrepair("batch", *words)
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 1
    assert said in ended.err
    assert not (tmp_path / "out").exists()


def test_other_settings_cannot_go_on_with_a_batch(genrepair: Run, scans: Path, mask: Path, tmp_path: Path) -> None:
    words = ("batch", scans, "--mask", mask, *METHOD, "-o", tmp_path / "out")
    genrepair(*words)
    assert "--resume" in genrepair(*words).err
    ended = genrepair(*words, "--resume", "--seed", 9)
    assert ended.code == 2
    assert "another recipe" in ended.err


def test_damage_can_be_found_for_each_photo(genrepair: Run, tmp_path: Path) -> None:
    scans, out = tmp_path / "scans", tmp_path / "out"
    scans.mkdir()
    sound = picture(size=(300, 400))
    damaged = sound.copy()
    damaged[150:153, 40:360] = 255
    write_photo(scans / "sound.png", sound)
    write_photo(scans / "damaged.png", damaged)
    assert genrepair("batch", scans, "--detect", *METHOD, "-o", out).code == 0
    assert rows_of(out / "report.csv")["sound.png"]["status"] == "unchanged"
    after = read_photo(out / "damaged.png").pixels
    assert np.abs(after[150:153, 50:350].astype(int) - sound[150:153, 50:350]).max() < 25
