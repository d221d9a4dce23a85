"""The reports of a batch, made from its journal: CSV and JSON lines for programs, HTML pages for eyes.

Rows are read again one at a time, in the order that an index on the disk gives them.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from genrepair_desktop.files import explain
from genrepair_desktop.repair.batch.index import Summary, index_of
from genrepair_desktop.repair.batch.journal import BatchError, Row, row_at
from genrepair_desktop.repair.batch.pages import replacing_text, write_pages

COLUMNS = ("name", "status", "reason", "method", "holes", "masked_share", "changed", "flags", "seconds", "output")
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def write_reports(journal: Path, csv_path: Path, review_dir: Path, out_dir: Path, title: str) -> Summary:
    """Write ``csv_path`` and, beside it, the same rows as ``.jsonl`` and ``.html`` (more pages: ``-2.html``...).

    Rows are in the order of their names; on the pages failed files come first, then those to be looked at. A cell
    of the CSV that a spreadsheet would take for a formula has an apostrophe before it; JSON has the plain words.

    Raises:
        BatchError, SaveError: the disk refuses; each file is the old one or the new one.
    """
    try:
        csv_path.parent.mkdir(parents=True, exist_ok=True)
        with index_of(journal) as index, journal.open("rb") as file:
            summary = index.summary()
            _write_csv(csv_path, _rows(file, index.starts()))
            with replacing_text(csv_path.with_suffix(".jsonl")) as out:
                out.writelines(json.dumps(row) + "\n" for row in _rows(file, index.starts()))
            rows = _rows(file, index.starts(worst_first=True))
            write_pages(csv_path, rows, summary, title, review_dir=review_dir, out_dir=out_dir)
    except OSError as error:
        reason, remedy = explain(error)
        raise BatchError(
            f"The batch is done, but not its report {csv_path}: {reason}; {remedy}, and go on with --resume."
        ) from error
    return summary


def _rows(file: BinaryIO, starts: Iterable[int]) -> Iterator[Row]:
    return (row_at(file, start) for start in starts)


def _write_csv(path: Path, rows: Iterable[Row]) -> None:
    with replacing_text(path) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([_cell(row.get(column, "")) for column in COLUMNS])


def _cell(value: Any) -> Any:
    text = " ".join(value) if isinstance(value, list) else value
    # a scan may be called =cmd|..., and a spreadsheet would run it
    return "'" + text if isinstance(text, str) and text[:1] in _FORMULA_SIGNS else text
