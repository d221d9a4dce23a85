"""The reports: a row for every file, the worst first on the pages, nothing a name could break."""

import csv
import json
import os
import tracemalloc
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

from genrepair_desktop.repair.batch import pages
from genrepair_desktop.repair.batch.index import Summary
from genrepair_desktop.repair.batch.journal import begin
from genrepair_desktop.repair.batch.report import COLUMNS, write_reports


def repaired(name: str, **more: Any) -> dict[str, Any]:
    row = {"status": "repaired", "reason": "", "method": "telea", "holes": 2, "masked_share": 0.01, "changed": 9}
    return {"name": name} | row | {"flags": [], "seconds": 0.5, "strip": "ab/cd.jpg", "output": name} | more


ROWS = [
    repaired("b.png"),
    {"name": "a.png", "status": "failed", "reason": "The file breaks off.", "seconds": 0.1},
    repaired("c.png", flags=["large-hole"]),
    {"name": "d.png", "status": "unchanged", "reason": "No damage.", "output": "d.png", "seconds": 0.1},
]


class Page(HTMLParser):
    """What a browser would see of a page: headings, pictures, links, the classes of the cards."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.names: list[str] = []
        self.kinds: list[str | None] = []
        self.sources: list[str | None] = []
        self.links: list[str | None] = []
        self.headings: list[str] = []
        self._in_name = self._in_heading = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self._in_name = tag == "h3"
        self._in_heading = tag == "h2"
        if tag == "h3":
            self.names.append("")
        if tag == "article":
            self.kinds.append(values.get("class"))
        if tag == "img":
            self.sources.append(values.get("src"))
        if tag == "a":
            self.links.append(values.get("href"))

    def handle_endtag(self, tag: str) -> None:
        self._in_name = self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_name:
            self.names[-1] += data
        if self._in_heading:
            self.headings.append(data)


def report_of(folder: Path, rows: list[dict[str, Any]]) -> tuple[Path, Summary]:
    path = folder / "genrepair-batch" / "journal.jsonl"
    with begin(path, {}) as journal:
        for row in rows:
            journal.finish(row)
    target = folder / "reports" / "report.csv"
    return target, write_reports(path, target, path.parent / "before-after", folder, "Scans <1920>")


def test_every_file_has_a_row_in_the_order_of_the_names(tmp_path: Path) -> None:
    target, summary = report_of(tmp_path, ROWS)
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["a.png", "b.png", "c.png", "d.png"]
    assert tuple(rows[0]) == COLUMNS
    assert rows[0]["reason"] == "The file breaks off."
    assert rows[2]["flags"] == "large-hole"
    assert summary == Summary(total=4, repaired=2, unchanged=1, failed=1, flagged=1)
    lines = target.with_suffix(".jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == sorted(ROWS, key=lambda row: row["name"])


def test_the_page_shows_failures_then_doubts_then_the_rest(tmp_path: Path) -> None:
    target, _ = report_of(tmp_path, ROWS)
    page = Page(target.with_suffix(".html"))
    assert page.names == ["a.png", "c.png", "b.png", "d.png"]
    assert page.kinds == ["failed", "look", "repaired", "unchanged"]
    assert page.headings == ["Failed: 1", "To be looked at: 1", "Repaired: 1", "Without damage: 1"]
    assert page.sources == ["../genrepair-batch/before-after/ab/cd.jpg"] * 2
    assert page.links == ["../c.png", "../b.png"]


def test_the_last_row_of_a_name_counts(tmp_path: Path) -> None:
    target, summary = report_of(tmp_path, [*ROWS, repaired("a.png")])
    assert summary.failed == 0
    assert len(target.with_suffix(".jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "name", ['<script>alert(1)</script>"&.png', "b\udce9b.png", "two\nlines.png", 'comma, quote".png', "\u202egnp.exe"]
)
def test_no_name_breaks_a_report(tmp_path: Path, name: str) -> None:
    target, _ = report_of(tmp_path, [repaired(name), {"name": "z", "status": "failed", "reason": name, "seconds": 0}])
    shown = name.encode("utf-8", "backslashreplace").decode()
    assert Page(target.with_suffix(".html")).names == ["z", shown]
    (link,) = Page(target.with_suffix(".html")).links
    assert unquote_to_bytes(str(link).removeprefix("../")) == name.encode("utf-8", "surrogateescape")
    with target.open(newline="", encoding="utf-8") as file:
        assert {row["name"] for row in csv.DictReader(file)} == {shown, "z"}


def test_many_files_fill_pages_that_link_to_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # 450 of them take seconds
    target, _ = report_of(tmp_path, [repaired(f"{number:04}.png") for number in range(450)])
    files = [target.with_name(name) for name in ("report.html", "report-2.html", "report-3.html")]
    assert [len(Page(file).names) for file in files] == [200, 200, 50]
    assert {"report.html", "report-3.html"} < set(Page(files[1]).links)
    assert not list(target.parent.glob(".*"))


def test_reports_take_no_memory_for_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    peaks = []
    for count in (500, 5_000):
        folder = tmp_path / str(count)
        rows = [repaired(f"{number:06}.png", flags=["large-hole"] * (number % 7 == 0)) for number in range(count)]
        report_of(folder, rows)  # what the first report loads is not counted
        journal, target = folder / "genrepair-batch" / "journal.jsonl", folder / "reports" / "report.csv"
        tracemalloc.start()
        try:
            summary = write_reports(journal, target, folder, folder, "Scans")
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
        assert summary.total == count
    assert peaks[1] < peaks[0] + 2**17


def test_pages_link_to_their_neighbours_and_a_shorter_report_leaves_no_old_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_PER_PAGE", 2)
    target, _ = report_of(tmp_path, [repaired(f"{number:05}.png", strip="") for number in range(41)])
    links = [link for link in Page(target.with_name("report-10.html")).links if str(link).startswith("report")]
    near = [f"report-{number}.html" for number in (6, 7, 8, 9, 11, 12, 13, 14, 21)]
    assert links == ["report.html", *near] * 2
    report_of(tmp_path, ROWS[:2])
    assert sorted(path.name for path in target.parent.iterdir()) == ["report.csv", "report.html", "report.jsonl"]


def test_a_spreadsheet_finds_no_formula_in_a_name(tmp_path: Path) -> None:
    target, _ = report_of(tmp_path, [repaired("=cmd|' -C calc'!A1.png")])
    with target.open(newline="") as file:
        assert next(csv.DictReader(file))["name"].startswith("'=")
    assert json.loads(target.with_suffix(".jsonl").read_text())["name"].startswith("=")


def test_an_empty_batch_has_an_empty_report(tmp_path: Path) -> None:
    target, summary = report_of(tmp_path, [])
    assert summary == Summary(0, 0, 0, 0, 0)
    assert target.read_text() == ",".join(COLUMNS) + "\n"
