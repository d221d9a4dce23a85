"""A disk that is really full, and one that is really read-only: one sentence each, and the old files stay.

The disk is a small one in memory, mounted in a namespace of a child's own, so that no rights are needed for it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_MOUNT = 'mount -t tmpfs -o size=1m none "$1" && exec "$2" -c "$3" "$1"'
_SCRIPT = """
import json, subprocess, sys
from pathlib import Path
import numpy as np
from genrepair_desktop import atomic
from genrepair_desktop.document.document import Document
from genrepair_desktop.document.edits import edit_from_patch
from genrepair_desktop.document.export import export_pixels
from genrepair_desktop.document.history import History
from genrepair_desktop.document.keeper import Keeper
from genrepair_desktop.document.project_file import capture, save_project
from genrepair_desktop.errors import GenRepairError
from genrepair_desktop.imaging.codecs import write_photo
from genrepair_desktop.repair.batch.plan import Planned, Task
from genrepair_desktop.repair.batch.worker import WorkerSettings, row_for
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.recipe import Recipe
from tests.shell import picture, scratch

disk = Path(sys.argv[1])

def photo(side, value):
    noise = np.random.default_rng(value).integers(0, 255, (side, side, 3), np.uint8)
    document = Document(noise)
    history = History(document)
    history.push(edit_from_patch(document, "pixels", document.bounds, noise[::-1].copy(), label="turned"))
    return document, history

def save(side, value):
    save_project(disk / "work.genrepair", capture(*photo(side, value)))

def export(side, value):
    export_pixels(photo(side, value)[0].pixels, None, disk / "out.png", overwrite=True, record="{}")

def autosave(side, value):
    told = []
    document, history = photo(side, value)
    keeper = Keeper(disk / "recovery", document, history, "photo", on_failure=told.append)
    block = np.full_like(document.pixels, 7)
    history.push(edit_from_patch(document, "pixels", document.bounds, block, label="grey"))
    keeper.close(discard=True)
    if told:
        raise told[0]

def batch(side, value):
    write_photo(disk.parent / "in.png", picture(value, size=(side, side)), overwrite=True)
    write_photo(disk.parent / "mask.png", scratch((side, side))[..., None], overwrite=True)
    task = Task(Planned("in.png", "in.png", "in.png"), disk.parent / "in.png", disk, disk.parent / "mask.png", True)
    settings = WorkerSettings(Recipe("telea"), "folder", disk / "strips", NoModels)
    row = row_for(task, settings, NoModels())
    if row["status"] == "failed":
        raise GenRepairError(row["reason"])

def contents():
    return {path.name: hash(path.read_bytes()) for path in sorted(disk.iterdir()) if path.is_file()}

works = (save, export, autosave, batch)
small = {save: 20, export: 20, autosave: 20, batch: 60}

def attempt(large):
    said = {}
    for work in works:
        try:
            work(900 if large else small[work], 1)
            said[work.__name__] = None
        except (GenRepairError, OSError) as error:
            said[work.__name__] = str(error)
        atomic._swept.clear()
    return said

answer = {"small": attempt(False)}
before = contents()
answer["full"] = attempt(True)
answer["kept"] = before.items() <= contents().items()
answer["again"] = attempt(False)
answer["strays"] = [path.name for path in disk.rglob("*") if path.name.startswith(".genrepair-")]
before = contents()
subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
answer["locked"] = attempt(False)
answer["kept locked"] = contents() == before
print(json.dumps(answer))
"""


def can_mount() -> bool:
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    words = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/tmp"]
    return subprocess.run(words, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="no disk can be mounted here")
def test_a_full_disk_and_a_read_only_one_are_told_and_keep_what_lies_there(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    words = ["unshare", "-Urm", "sh", "-c", _MOUNT, "sh", str(tmp_path / "disk"), sys.executable, _SCRIPT]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    works = ("save", "export", "autosave", "batch")
    assert answer["small"] == answer["again"] == dict.fromkeys(works)
    assert answer["kept"]
    assert answer["kept locked"]
    assert answer["strays"] == []
    for work in works:
        assert "the disk is full" in (answer["full"][work] or ""), (work, answer)
        # a file that lies there cannot be told from one that is protected
        said = (answer["locked"][work] or "").lower()
        assert "read-only" in said or "write-protected" in said, (work, answer)
