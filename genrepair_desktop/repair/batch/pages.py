"""The pages that a person looks through after a batch: a card for each file, before and after, the worst first."""

import html
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from genrepair_desktop.atomic import replacing
from genrepair_desktop.repair.batch.index import Summary
from genrepair_desktop.repair.batch.journal import FAILED, Row
from genrepair_desktop.repair.notes import in_words

_PER_PAGE = 200
# links to so many pages on each side of the one that is shown
_NEAR = 4
_FLAG_WORDS = {
    "much-missing": "much of the picture was missing",
    "large-hole": "a hole takes a large part of the picture",
}
# A strip has its place before it is loaded (three panels and two gaps wide): nothing jumps, and of 200 strips Chromium
# fetches 27 at first instead of 57
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 1280px; padding: 0 1rem; }
main { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(400px, 100%), 1fr)); }
main { align-items: start; margin-top: 1rem; }
main h2 { grid-column: 1 / -1; margin: 1rem 0 0; }
article { border: 1px solid #8886; border-left: 6px solid #4a9; border-radius: 6px; padding: .7rem; }
article.look { border-left-color: #d90; }
article.failed { border-left-color: #c33; }
article.unchanged { border-left-color: #999; }
article img { width: 100%; height: auto; aspect-ratio: auto 97 / 32; display: block; background: #8882; }
article img { max-height: 256px; object-fit: contain; object-position: left; }
h3 { font-size: 1rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
p { margin: .4rem 0 0; overflow-wrap: anywhere; }
nav { margin: 1rem 0; overflow-wrap: anywhere; }
nav a, nav b { margin-right: .6rem; }
"""


@dataclass(frozen=True)
class _Folders:
    """Strips and results as seen from the pages, as links."""

    review: str
    results: str


def write_pages(
    csv_path: Path, rows: Iterator[Row], summary: Summary, title: str, *, review_dir: Path, out_dir: Path
) -> None:
    """Write the rows as ``.html`` pages beside ``csv_path``, in the order in which they come.

    Pages of an earlier and longer report are removed.
    """
    folders = _Folders(_relative(review_dir, csv_path.parent), _relative(out_dir, csv_path.parent))
    count = max(1, -(-summary.total // _PER_PAGE))
    for number in range(1, count + 1):
        with replacing_text(_page(csv_path, number)) as out:
            links = _links(csv_path, number, count)
            out.write(
                '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
                '<meta name="viewport" content="width=device-width">'
                f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>"
                f"{_heading(title, summary)}{links}<main>\n"
            )
            _write_cards(out, islice(rows, _PER_PAGE), summary, folders)
            out.write(f"</main>{links}</body></html>\n")
    while (old := _page(csv_path, count + 1)).exists():
        old.unlink()
        count += 1


@contextmanager
def replacing_text(path: Path) -> Iterator[TextIO]:
    """A text file that takes the place of ``path`` when it is whole: a reader never sees half a report."""
    # names that are not UTF-8 come as lone surrogates; the report must not fail on them
    with replacing(path) as raw:
        text = TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="")
        yield text
        text.flush()
        text.detach()


def _heading(title: str, summary: Summary) -> str:
    return (
        f"<h1>{html.escape(title)}</h1><p>{summary.total} files: {summary.repaired} repaired, {summary.flagged} "
        f"of them to be looked at; {summary.unchanged} without damage; {summary.failed} failed. Each strip shows the "
        "whole result, then its largest repair before and after.</p>"
    )


def _write_cards(out: TextIO, rows: Iterable[Row], summary: Summary, folders: _Folders) -> None:
    headings = {
        FAILED: f"Failed: {summary.failed}",
        "look": f"To be looked at: {summary.flagged}",
        "repaired": f"Repaired: {summary.repaired - summary.flagged}",
        "unchanged": f"Without damage: {summary.unchanged}",
    }
    last = None
    for row in rows:
        kind = "look" if row.get("flags") else row["status"]
        if kind != last:
            out.write(f"<h2>{html.escape(headings.get(kind, kind))}</h2>\n")
            last = kind
        out.write(_card(row, kind, folders))


def _card(row: Row, kind: str, folders: _Folders) -> str:
    lines = [f'<article class="{html.escape(kind)}"><h3>{html.escape(row["name"])}</h3>']
    if row.get("strip"):
        source = f"{folders.review}/{_quoted(row['strip'])}"
        picture = f'<img loading="lazy" src="{source}" alt="Result; before and after close up">'
        lines.append(f'<a href="{folders.results}/{_quoted(row["output"])}">{picture}</a>')
    holes = row.get("holes", 0)
    facts = [row["status"], row.get("method", ""), f"{holes} hole{'s' * (holes > 1)}" if holes else ""]
    lines.append(f"<p>{html.escape(', '.join(filter(None, facts)))}</p>")
    words = [_FLAG_WORDS.get(flag) or in_words(flag) for flag in row.get("flags", ())]
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


def _links(path: Path, current: int, count: int) -> str:
    """Links to the first page, the last, and those near the current one."""
    if count == 1:
        return ""
    links, last = [], 0
    for number in sorted({1, count, *range(max(1, current - _NEAR), min(count, current + _NEAR) + 1)}):
        if number > last + 1:
            links.append("…")
        page = html.escape(_quoted(_page(path, number).name))
        links.append(f"<b>{number}</b>" if number == current else f'<a href="{page}">{number}</a>')
        last = number
    return f"<nav>Pages {' '.join(links)}</nav>"


def _page(path: Path, number: int) -> Path:
    return path.with_suffix(".html") if number == 1 else path.with_name(f"{path.stem}-{number}.html")
