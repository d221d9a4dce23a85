"""Saving leaves the old file or the new one, whatever fails and whenever the process dies."""

import errno
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from genrepair_desktop import atomic
from genrepair_desktop.atomic import SaveError, TargetExistsError, replacing, write_atomic
from genrepair_desktop.imaging.codecs import PhotoWriteError, read_photo, write_photo
from tests import corpus
from tests.faults import CALLS, FAULTS, LONG, Faults, calls_of, strays

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="faults are injected into POSIX calls")

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("number", FAULTS)
@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_every_call_may_fail_and_the_file_is_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, existed: bool, overwrite: bool
) -> None:
    if existed and not overwrite:
        pytest.skip("nothing is written then")
    old, new = b"old" * 100, b"new" * 30_000
    total = calls_of(lambda: write_atomic(tmp_path / "count", new, overwrite=overwrite))
    assert total >= 9
    for fail_at in range(1, total + 3):
        target = tmp_path / f"target-{fail_at}"
        if existed:
            target.write_bytes(old)
        atomic._swept.clear()
        with monkeypatch.context() as patch:
            faults = Faults(patch, fail_at, number)
            try:
                write_atomic(target, new, overwrite=overwrite)
                said = None
            except SaveError as error:
                said = error
        content = target.read_bytes() if target.exists() else None
        assert content in (old if existed else None, new), faults.failed
        # a call that only tidies up may fail without a word; what matters may not
        assert said is not None or content == new, faults.failed
        if said is not None:
            assert str(said).startswith(f'Cannot save "target-{fail_at}": ')
            assert FAULTS[number] in str(said) or faults.failed == ["stat"]
        write_atomic(target, new, overwrite=True)
        assert target.read_bytes() == new
        assert strays(tmp_path) == []


@pytest.mark.parametrize("kind", ["png", "jpg", "tif", "webp"])
def test_an_export_on_a_disk_that_stays_full_leaves_the_old_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    target = tmp_path / f"photo.{kind}"
    write_photo(target, corpus.picture())
    before = target.read_bytes()
    with monkeypatch.context() as patch:
        real = os.write

        def full(descriptor: int, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, "write", full)
        with pytest.raises(PhotoWriteError, match="the disk is full; free some space") as caught:
            write_photo(target, corpus.picture(5), overwrite=True)
        patch.setattr(os, "write", real)
    assert str(caught.value).count("\n") == 0
    assert target.read_bytes() == before
    assert strays(tmp_path) == []


def test_a_real_limit_on_file_size_leaves_the_old_photo(tmp_path: Path) -> None:
    target = tmp_path / "photo.png"
    write_photo(target, corpus.picture())
    before = target.read_bytes()
    script = (
        "import resource, signal, sys, numpy as np\n"
        "from genrepair_desktop.imaging.codecs import PhotoWriteError, write_photo\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "noise = np.random.default_rng(0).integers(0, 255, (400, 400, 3), np.uint8)\n"
        "try: write_photo(sys.argv[1], noise, overwrite=True)\n"
        "except PhotoWriteError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(target)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "larger than this disk or account allows" in done.stdout
    assert target.read_bytes() == before
    assert strays(tmp_path) == []


def test_partial_writes_are_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: real(descriptor, bytes(data)[:7]))
    write_atomic(tmp_path / "f", bytes(range(256)) * 4)
    assert (tmp_path / "f").read_bytes() == bytes(range(256)) * 4


def test_a_link_stays_and_its_target_changes(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "f", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "real" / "born")
    write_atomic(dangling, b"new", overwrite=False)
    assert (tmp_path / "real" / "born").read_bytes() == b"new"
    with pytest.raises(TargetExistsError):
        write_atomic(link, b"newer", overwrite=False)


def test_the_mode_of_a_file_is_kept_and_new_ones_follow_the_umask(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes(b"old")
    kept.chmod(0o640)
    write_atomic(kept, b"new")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "born", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "born").stat().st_mode) == 0o640


def test_a_hard_link_keeps_the_old_content_under_its_other_name(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"old")
    os.link(tmp_path / "one", tmp_path / "two")
    write_atomic(tmp_path / "one", b"new")
    assert (tmp_path / "two").read_bytes() == b"old"


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "t"
    makers = {"folder": target.mkdir, "pipe": lambda: os.mkfifo(target), "loop": lambda: target.symlink_to(target)}
    makers[kind]()
    with pytest.raises(SaveError, match=r'^Cannot save "t": .*; .*\.$'):
        write_atomic(target, b"new")
    assert strays(tmp_path) == []
    assert os.path.lexists(target)


def test_an_error_of_the_writer_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")

    def half() -> None:
        with replacing(tmp_path / "f") as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert (tmp_path / "f").read_bytes() == b"old"
    assert strays(tmp_path) == []


def test_a_target_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    def slow() -> None:
        with replacing(tmp_path / "f", overwrite=False) as file:
            (tmp_path / "f").write_bytes(b"theirs")
            file.write(b"mine")

    with pytest.raises(TargetExistsError):
        slow()
    assert (tmp_path / "f").read_bytes() == b"theirs"
    assert strays(tmp_path) == []


def test_without_hard_links_the_name_is_claimed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    write_atomic(tmp_path / "f", b"new", overwrite=False)
    assert (tmp_path / "f").read_bytes() == b"new"
    with pytest.raises(TargetExistsError):
        write_atomic(tmp_path / "f", b"newer", overwrite=False)


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    target, contents = tmp_path / "f", [bytes([number]) * 200_000 for number in range(8)]
    writers = [threading.Thread(target=write_atomic, args=(target, content)) for content in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert target.read_bytes() in contents
    assert strays(tmp_path) == []


def test_strays_of_the_dead_are_reaped_and_of_the_living_are_not(tmp_path: Path) -> None:
    (tmp_path / ".genrepair-0123456789abcdef-0.tmp").write_bytes(b"dead")
    atomic._swept.clear()
    with replacing(tmp_path / "slow") as file:
        assert len(strays(tmp_path)) == 1
        atomic._swept.clear()
        write_atomic(tmp_path / "other", b"new")
        assert len(strays(tmp_path)) == 1
        file.write(b"alive")
    assert (tmp_path / "slow").read_bytes() == b"alive"
    assert strays(tmp_path) == []


def test_where_there_are_no_locks_only_old_strays_are_reaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(atomic.fcntl, "flock", no_locks)
    old, young = (tmp_path / f".genrepair-{letter * 16}-0.tmp" for letter in "ab")
    for stray in (old, young):
        stray.write_bytes(b"half")
    os.utime(old, (1, 1))
    atomic._swept.clear()
    write_atomic(tmp_path / "f", b"new")
    assert (tmp_path / "f").read_bytes() == b"new"
    assert strays(tmp_path) == [young.name]


KILLED = (
    "import sys, numpy as np\n"
    "from genrepair_desktop.imaging.codecs import write_photo\n"
    "pictures = [np.random.default_rng(n).integers(0, 255, (300, 400, 3), np.uint8) for n in (1, 2)]\n"
    "print('ready', flush=True)\n"
    "number = 0\n"
    "while True:\n"
    "    number += 1\n"
    "    write_photo(sys.argv[1], pictures[number % 2], overwrite=True)\n"
)


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=LONG)])
def test_a_kill_at_any_moment_of_an_export_leaves_a_whole_photo(tmp_path: Path, kills: int) -> None:
    rng = random.Random(kills)
    target = tmp_path / "photo.png"
    pictures = [np.random.default_rng(number).integers(0, 255, (300, 400, 3), np.uint8) for number in (1, 2)]
    left = 0
    for _ in range(kills):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(target)], stdout=subprocess.PIPE, cwd=ROOT) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.12))
            child.send_signal(signal.SIGKILL)
        if target.exists():
            assert any(np.array_equal(read_photo(target).pixels, picture) for picture in pictures)
        left += len(strays(tmp_path))
        write_photo(target, pictures[0], overwrite=True)
        assert strays(tmp_path) == []
        assert [path.name for path in tmp_path.iterdir()] == ["photo.png"]
    # some kills must have hit the middle of a save, or nothing was tested
    assert left > 0


KILLED_AT_CALL = (
    "import os, signal, sys\n"
    "calls, fatal = 0, int(sys.argv[2])\n"
    "def wrapped(real):\n"
    "    def call(*args, **named):\n"
    "        global calls\n"
    "        calls += 1\n"
    "        if calls == fatal: os.kill(os.getpid(), signal.SIGKILL)\n"
    "        return real(*args, **named)\n"
    "    return call\n"
    "from genrepair_desktop.atomic import write_atomic\n"
    "for name in sys.argv[3].split(): setattr(os, name, wrapped(getattr(os, name)))\n"
    "write_atomic(sys.argv[1], b'new' * 5000, overwrite=sys.argv[4] == '1')\n"
)


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_kill_at_every_single_call_leaves_the_old_file_or_the_new(tmp_path: Path, overwrite: bool) -> None:
    target = tmp_path / "f"
    outcomes = []
    for fatal in range(1, 40):
        target.unlink(missing_ok=True)
        if overwrite:
            target.write_bytes(b"old")
        arguments = [str(target), str(fatal), " ".join(CALLS), str(int(overwrite))]
        done = subprocess.run([sys.executable, "-S", "-c", KILLED_AT_CALL, *arguments], check=False, cwd=ROOT)
        content = target.read_bytes() if target.exists() else None
        assert content in (b"old" if overwrite else None, b"new" * 5000)
        outcomes.append(content)
        write_atomic(target, b"after", overwrite=True)
        assert strays(tmp_path) == []
        if done.returncode == 0:
            break
    assert done.returncode == 0
    assert len(set(outcomes)) == 2
    assert len(outcomes) >= 9
