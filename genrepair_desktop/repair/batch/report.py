"""The reports of a batch, made from its journal: CSV and JSON lines for programs, HTML pages for eyes.

Only names and offsets are held in memory; rows are read again one at a time.
"""

import csv
import html
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from urllib.parse import quote

from genrepair_desktop.atomic import replacing
from genrepair_desktop.repair.batch.journal import FAILED, Row, lines_of, row_at

COLUMNS = ("name", "status", "reason", "method", "holes", "masked_share", "changed", "flags", "seconds", "output")
_PER_PAGE = 200
_FLAG_WORDS = {
    "much-missing": "much of the picture was missing",
    "large-hole": "a hole takes a large part of the picture",
}
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 1280px; padding: 0 1rem; }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(400px, 1fr)); margin-top: 1rem; }
article { border: 1px solid #8886; border-left: 6px solid #4a9; border-radius: 6px; padding: .7rem; }
article.look { border-left-color: #d90; }
article.failed { border-left-color: #c33; }
article.unchanged { border-left-color: #999; }
article img { max-width: 100%; display: block; background: #8882; }
h2 { font-size: 1rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
p { margin: .4rem 0 0; overflow-wrap: anywhere; }
nav { margin: 1rem 0; overflow-wrap: anywhere; }
nav a, nav b { margin-right: .6rem; }
"""


@dataclass(frozen=True)
class Summary:
    """How a batch went: files by status, and how many a person should look at."""

    total: int
    repaired: int
    unchanged: int
    failed: int
    flagged: int


@dataclass(frozen=True)
class _Entry:
    name: str
    rank: int  # 0 failed, 1 to be looked at, 2 the rest: the order of the pages
    start: int


@dataclass(frozen=True)
class _Folders:
    """Strips and results as seen from the pages, as links."""

    review: str
    results: str


def write_reports(journal: Path, csv_path: Path, review_dir: Path, out_dir: Path, title: str) -> Summary:
    """Write ``csv_path`` and, beside it, the same rows as ``.jsonl`` and ``.html`` (more pages: ``-2.html``...).

    Rows are in the order of their names; on the pages failed files come first, then those to be looked at.
    """
    entries, counts = _survey(journal)
    csv_path.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("rb") as file:
        _write_csv(csv_path, _rows(file, entries))
        with _replacing(csv_path.with_suffix(".jsonl")) as out:
            out.writelines(json.dumps(row) + "\n" for row in _rows(file, entries))
        by_rank = sorted(entries, key=lambda entry: (entry.rank, entry.name))
        summary = Summary(len(entries), counts["repaired"], counts["unchanged"], counts[FAILED], counts["flagged"])
        _write_pages(csv_path, file, by_rank, review_dir, out_dir, _heading(title, summary))
    return summary


def _survey(journal: Path) -> tuple[list[_Entry], Counter[str]]:
    """The last row of each name, in the order of the names, and how many there are of each kind."""
    found: dict[str, tuple[int, str]] = {}
    for line in lines_of(journal):
        row = line.values.get("row")
        if row:
            kind = "flagged" if row.get("flags") else row["status"]
            found[row["name"]] = (line.start, kind)
    ranks = {FAILED: 0, "flagged": 1}
    entries = [_Entry(name, ranks.get(kind, 2), start) for name, (start, kind) in sorted(found.items())]
    counts = Counter(kind for _, kind in found.values())
    counts["repaired"] += counts["flagged"]
    return entries, counts


def _rows(file: BinaryIO, entries: Iterable[_Entry]) -> Iterator[Row]:
    return (row_at(file, entry.start) for entry in entries)


def _write_csv(path: Path, rows: Iterable[Row]) -> None:
    with _replacing(path) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([_cell(row.get(column, "")) for column in COLUMNS])


def _cell(value: Any) -> Any:
    return " ".join(value) if isinstance(value, list) else value


def _write_pages(
    path: Path, file: BinaryIO, entries: list[_Entry], review_dir: Path, out_dir: Path, heading: str
) -> None:
    folders = _Folders(_relative(review_dir, path.parent), _relative(out_dir, path.parent))
    pages = max(1, -(-len(entries) // _PER_PAGE))
    for number in range(1, pages + 1):
        with _replacing(_page(path, number)) as out:
            links = _links(path, number, pages)
            out.write(
                '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
                f"<title>GenRepair batch</title><style>{_STYLE}</style></head><body>{heading}{links}<main>\n"
            )
            for row in _rows(file, entries[(number - 1) * _PER_PAGE : number * _PER_PAGE]):
                out.write(_card(row, folders))
            out.write(f"</main>{links}</body></html>\n")


def _heading(title: str, summary: Summary) -> str:
    return (
        f"<h1>{html.escape(title)}</h1><p>{summary.total} files: {summary.repaired} repaired, {summary.flagged} "
        f"of them to be looked at; {summary.unchanged} without damage; {summary.failed} failed. Each strip shows the "
        "whole result, then its largest repair before and after.</p>"
    )


def _card(row: Row, folders: _Folders) -> str:
    kind = "look" if row.get("flags") else row["status"]
    lines = [f'<article class="{html.escape(kind)}"><h2>{html.escape(row["name"])}</h2>']
    if row.get("strip"):
        picture = f'<img loading="lazy" src="{folders.review}/{row["strip"]}" alt="Result; before and after close up">'
        lines.append(f'<a href="{folders.results}/{_quoted(row["output"])}">{picture}</a>')
    holes = row.get("holes", 0)
    facts = [row["status"], row.get("method", ""), f"{holes} hole{'s' * (holes > 1)}" if holes else ""]
    lines.append(f"<p>{html.escape(', '.join(filter(None, facts)))}</p>")
    words = [_FLAG_WORDS.get(flag, f"fell back: {flag}") for flag in row.get("flags", ())]
    if words:
        lines.append(f"<p><strong>Look: {html.escape('; '.join(words))}</strong></p>")
    if row.get("reason"):
        lines.append(f"<p>{html.escape(row['reason'])}</p>")
    return "".join([*lines, "</article>\n"])


def _relative(folder: Path, base: Path) -> str:
    return _quoted(Path(os.path.relpath(folder.resolve(), base.resolve())).as_posix())


def _quoted(path: str) -> str:
    """As a link; also for names that are no UTF-8. Nothing is left that HTML would have to escape."""
    return quote(path.encode("utf-8", "surrogateescape"))


def _links(path: Path, current: int, pages: int) -> str:
    if pages == 1:
        return ""
    links = [
        f"<b>{number}</b>" if number == current else f'<a href="{html.escape(_page(path, number).name)}">{number}</a>'
        for number in range(1, pages + 1)
    ]
    return f"<nav>Pages {' '.join(links)}</nav>"


def _page(path: Path, number: int) -> Path:
    return path.with_suffix(".html") if number == 1 else path.with_name(f"{path.stem}-{number}.html")


@contextmanager
def _replacing(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of ``path`` when it is whole: a reader never sees half a report."""
    # names that are not UTF-8 come as lone surrogates; the report must not fail on them
    with replacing(path) as raw:
        text = TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
        yield text
        text.flush()
        text.detach()
