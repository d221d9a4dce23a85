"""Where the last row of each file lies in a journal, for batches of any size.

Kept in a temporary database that the system removes with the process: 100,000 files cost disk, not memory.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from genrepair_desktop.repair.batch.journal import FAILED, STOPPED, BatchError, lines_of

FLAGGED = "flagged"
# the order of the pages: failed files, those to be looked at, the rest
_RANKS = {FAILED: 0, FLAGGED: 1, "repaired": 2}
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -1024;
CREATE TABLE begun (name BLOB, claim BLOB, PRIMARY KEY (name, claim)) WITHOUT ROWID;
CREATE TABLE ended (name BLOB PRIMARY KEY, kind TEXT, rank INTEGER, start INTEGER) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Summary:
    """How a batch went: files by status, and how many of the repaired ones a person should look at."""

    total: int
    repaired: int
    unchanged: int
    failed: int
    flagged: int


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise BatchError(
            f"The batch's list of files cannot be kept ({error}): free some space where temporary files go, "
            "and go on with --resume."
        ) from error


class Index:
    """A journal's files by name. A context manager; made by ``index_of`` and used by one thread.

    Its functions raise ``BatchError`` where the disk has no room for it.
    """

    def __init__(self) -> None:
        with _explained():
            self._base = sqlite3.connect("")
            self._base.executescript(_TABLES)

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *error: object) -> None:
        self._base.close()

    def begin(self, name: str, claims: Iterable[str]) -> None:
        """A file was given to a worker, which may have written what now lies at ``claims``."""
        values = [(_key(name), _key(claim)) for claim in claims]
        with _explained():
            self._base.executemany("INSERT OR REPLACE INTO begun VALUES (?, ?)", values)

    def end(self, name: str, kind: str, start: int, *, was_stopped: bool = False) -> None:
        """A file's row starts at this byte of the journal; a later row of the name takes its place."""
        values = (_key(name), kind, _RANKS.get(kind, 3), start)
        with _explained():
            self._base.execute("INSERT OR REPLACE INTO ended VALUES (?, ?, ?, ?)", values)
            if not was_stopped:
                self._base.execute("DELETE FROM begun WHERE name = ?", (_key(name),))

    def kind(self, name: str) -> str | None:
        """A status, or "flagged"; None for a file that has no row."""
        found = self._base.execute("SELECT kind FROM ended WHERE name = ?", (_key(name),)).fetchone()
        return found and found[0]

    def claims(self, name: str) -> frozenset[str]:
        """Where a worker that never answered for this file may have left a result."""
        found = self._base.execute("SELECT claim FROM begun WHERE name = ?", (_key(name),))
        return frozenset(claim.decode("utf-8", "surrogatepass") for (claim,) in found)

    def summary(self) -> Summary:
        """How many files there are of each kind."""
        counts = Counter(dict(self._base.execute("SELECT kind, count(*) FROM ended GROUP BY kind")))
        repaired = counts["repaired"] + counts[FLAGGED]
        return Summary(counts.total(), repaired, counts["unchanged"], counts[FAILED], counts[FLAGGED])

    def starts(self, *, worst_first: bool = False) -> Iterator[int]:
        """Where the rows start, in the order of the names or, first of all, of what a person must look at."""
        order = "rank, name" if worst_first else "name"
        with _explained():  # sorting takes temporary files too
            for (start,) in self._base.execute(f"SELECT start FROM ended ORDER BY {order}"):
                yield start


def _key(name: str) -> bytes:
    """Also for names that are no UTF-8, which the database does not take as text."""
    return name.encode("utf-8", "surrogatepass")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def index_of(journal: Path) -> Index:
    """Read a journal through; a line that a kill cut off, and what follows it, does not count."""
    index = Index()
    for line in lines_of(journal):
        values = line.values
        if "start" in values:
            index.begin(values["start"], filter(_is_text, values["claims"]))
        elif "row" in values:
            row = values["row"]
            kind = FLAGGED if row.get("flags") else row["status"]
            index.end(row["name"], kind, line.start, was_stopped=bool(row.get(STOPPED)))
    return index
