"""What the first repair needs is loaded beforehand, once for each method, and never shows."""

import pytest
from pytestqt.qtbot import QtBot

from genrepair_desktop.app.editor import warm_up
from genrepair_desktop.app.editor.warm_up import WarmUp, smallest_repair
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.imaging.masks import label_holes
from genrepair_desktop.jobs.context import RunContext
from genrepair_desktop.repair import pipeline
from genrepair_desktop.repair.method import NoModels
from genrepair_desktop.repair.request import RepairRequest, RepairResult


def test_automatic_is_led_to_thin_and_to_textured_filling(monkeypatch: pytest.MonkeyPatch) -> None:
    results: list[RepairResult] = []

    def noted(request: RepairRequest, ctx: RunContext, models: NoModels) -> RepairResult:
        results.append(pipeline.run(request, ctx, models))
        assert len(label_holes(request.boxes[0].coverage)[1]) >= 1
        return results[-1]

    monkeypatch.setattr(warm_up, "run", noted)
    smallest_repair("auto", NoModels(), RunContext())
    assert {"biharmonic", "patchmatch"} <= {hole.method for hole in results[0].holes}


def test_each_method_is_made_ready_once_and_the_photo_is_untouched(
    open_sessions: Sessions, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    monkeypatch.setattr(warm_up, "smallest_repair", lambda method, models, ctx: made.append(method))
    sessions = open_sessions
    sessions.repair.choose_method("auto")
    keeper = WarmUp(sessions.session, sessions.repair, sessions.session)
    document = sessions.session.document
    assert document is not None
    revision = document.revision
    for method in ("biharmonic", "telea", "biharmonic", "auto", "telea"):
        sessions.repair.choose_method(method)
        qtbot.waitUntil(lambda: sessions.session.desk.is_idle, timeout=20_000)
    assert made == ["biharmonic", "telea", "auto"]
    assert document.revision == revision
    keeper.deleteLater()
