"""A tireless user: plays the window at random through its commands, its mouse and its dialogs."""

import random
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog, QWidget

from genrepair_desktop.app import ask
from genrepair_desktop.app.composition import Program
from genrepair_desktop.document.project_file import SUFFIX

# what would end the session, or start another program
_LEFT_OUT = {"file.quit", "help.log", "repair.race"}
_LEFT_BUTTONS = ("Show folder", "Browse…", "Start training", "Go on")
_QUESTIONS = ("open_file", "open_files", "open_folder", "save_file", "unsaved", "confirm")
METHODS = ("telea", "navier-stokes", "harmonic", "biharmonic", "tv", "patchmatch", "polynomial", "auto", "cnn")
_METHOD_WEIGHTS = (6, 3, 4, 4, 2, 3, 1, 1, 1)


class Player:
    """Makes one move at a time; the same seed makes the same choices as long as the window answers alike."""

    def __init__(self, program: Program, photos: list[Path], folder: Path, seed: int) -> None:
        """``folder`` takes what the player saves and exports; ``photos`` are only opened."""
        self._program, self._photos, self._folder = program, photos, folder
        self._random = random.Random(seed)
        self.moves = 0
        self.counts: dict[str, int] = {}
        self._stroke: list[QPointF] = []
        self._before = {name: getattr(ask, name) for name in _QUESTIONS}
        self._answer()

    def stop(self) -> None:
        """Give the real questions back."""
        for name, question in self._before.items():
            setattr(ask, name, question)

    def move(self) -> None:
        """Do one thing a user could do now."""
        self.moves += 1
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            self._count("dialog")
            self._use_dialog(dialog)
            return
        if self._stroke:
            self._go_on_painting()
            return
        if self._program.sessions.session.document is None:
            self._count("open")
            self._open()
            return
        move, = self._random.choices(
            (self._command, self._begin_stroke, self._click, self._wheel, self._choose_method, self._repair,
             self._undo, self._open, self._project, self._resize, self._fields),
            (20, 22, 4, 6, 4, 6, 8, 1, 2, 1, 5),
        )  # fmt: skip
        self._count(move.__name__.strip("_"))
        move()

    def clear(self) -> bool:
        """Bring everything to rest, with no photo open and the gallery empty; False while that takes more turns of
        the event loop."""
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()
            return False
        if self._stroke:
            self._end_stroke()
        session = self._program.sessions.session
        session.desk.cancel_all()
        if not session.desk.is_idle:
            return False
        if session.document is not None:
            session.mark_saved()
            session.close()
            return False
        if not self._is_gallery_empty():
            return False
        self._program.window.workspace.messages.clear()
        return True

    def _is_gallery_empty(self) -> bool:
        """Empty the gallery: its pictures are the user's as the photo is. False while something went."""
        window = self._program.window
        if not window.has_samples:
            return True
        shelf = window.samples_workspace().parts.shelf
        keys = [entry.key for entry in shelf.entries()]
        shelf.remove(keys)
        return not keys

    def _count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def _answer(self) -> None:
        """Answer what would stop a person, at random, and have everything written below the player's own folder."""
        chance = self._random

        def open_file(*arguments: object) -> Path | None:
            return chance.choice([None, *self._photos])

        def open_files(*arguments: object) -> list[Path]:
            return chance.sample(self._photos, chance.randint(0, 2))

        def open_folder(*arguments: object) -> Path | None:
            return chance.choice([None, self._folder / "pictures"])

        def save_file(parent: object, title: str, suggestion: Path, filters: object) -> Path | None:
            name = f"{chance.randrange(4)}-{suggestion.name}"[-40:]
            return None if chance.random() < 0.2 else self._folder / name

        def unsaved(parent: object, title: str, is_project: bool = False) -> ask.UnsavedAnswer:
            keep: ask.UnsavedAnswer = "save" if is_project else "export"
            return chance.choice(["cancel", "discard", "discard", keep])

        def confirm(*arguments: object) -> bool:
            return chance.random() < 0.5

        answers = (open_file, open_files, open_folder, save_file, unsaved, confirm)
        for name, answer in zip(_QUESTIONS, answers, strict=True):
            setattr(ask, name, answer)

    def _command(self) -> None:
        table = self._program.window.table
        wanted = [row.id for row in table.rows if row.id not in _LEFT_OUT and table.action(row.id).isEnabled()]
        table.run(self._random.choice(wanted))

    def _open(self) -> None:
        projects = sorted(self._folder.glob(f"*{SUFFIX}"))
        choices = [*self._photos, *projects]
        self._program.window.files.open_path(self._random.choice(choices))

    def _project(self) -> None:
        self._program.window.files.projects.save()

    def _repair(self) -> None:
        if self._program.desk.is_idle:
            self._program.window.table.run("repair.run")

    def _undo(self) -> None:
        for _ in range(self._random.randint(1, 6)):
            self._program.window.table.run(self._random.choice(["edit.undo", "edit.redo"]))

    def _choose_method(self) -> None:
        (method,) = self._random.choices(METHODS, _METHOD_WEIGHTS)
        self._program.sessions.repair.choose_method(method)

    def _resize(self) -> None:
        self._program.window.resize(self._random.randint(900, 1500), self._random.randint(600, 1000))

    def _fields(self) -> None:
        sessions, chance = self._program.sessions, self._random
        fields: list[Callable[[], object]] = [
            lambda: sessions.repair.set_strength(chance.random()),
            lambda: sessions.repair.choose(seed=chance.randrange(100), grow=chance.randrange(4)),
            lambda: sessions.mask.adjust(chance.randint(-4, 4), chance.randint(0, 6)),
            sessions.mask.apply_adjust,
            sessions.mask.discard_adjust,
            lambda: sessions.compare.set_split(chance.random()),
            lambda: self._program.window.canvas.toolbox.set_brush_size(chance.uniform(1, 120)),
            lambda: self._program.switch.choose(chance.choice(["dark", "light"])),
        ]
        if sessions.candidates.candidates:
            numbers = [one.number for one in sessions.candidates.candidates]
            fields += [
                lambda: sessions.candidates.hover(chance.choice([None, *numbers])),
                lambda: sessions.candidates.select(chance.choice(numbers)),
                lambda: sessions.candidates.star(chance.choice(numbers)),
                sessions.candidates.apply,
            ]
        if sessions.session.history is not None and not sessions.repair.is_replacing:
            last = len(sessions.session.history.entries)
            fields.append(lambda: sessions.session.jump(chance.randint(0, last)))
        chance.choice(fields)()

    def _point(self) -> QPointF:
        size = self._program.window.canvas.size()
        return QPointF(self._random.uniform(-5, size.width() + 5), self._random.uniform(-5, size.height() + 5))

    def _begin_stroke(self) -> None:
        # a stroke takes several turns of the event loop: commands and results may come in between
        start = self._point()
        self._stroke = [start + QPointF(i * self._random.uniform(-20, 20), i * 9) for i in range(1, 8)]
        self._mouse(QEvent.Type.MouseButtonPress, start)

    def _go_on_painting(self) -> None:
        if len(self._stroke) == 1:
            self._end_stroke()
        elif self._random.random() < 0.02:
            self._command()
        else:
            self._mouse(QEvent.Type.MouseMove, self._stroke.pop(0))

    def _end_stroke(self) -> None:
        last, self._stroke = self._stroke[-1], []
        self._mouse(QEvent.Type.MouseButtonRelease, last)

    def _click(self) -> None:
        at = self._point()
        self._mouse(QEvent.Type.MouseButtonPress, at)
        self._mouse(QEvent.Type.MouseButtonRelease, at)

    def _wheel(self) -> None:
        canvas, at = self._program.window.canvas, self._point()
        turn = QPoint(0, self._random.choice([-120, 120]))
        held = self._random.choice([Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier])
        event = QWheelEvent(
            at, canvas.mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton, held,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QCoreApplication.sendEvent(canvas, event)

    def _mouse(self, kind: QEvent.Type, at: QPointF) -> None:
        canvas, left = self._program.window.canvas, Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
        button = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseMove else left
        event = QMouseEvent(kind, at, canvas.mapToGlobal(at), button, held, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(canvas, event)

    def _use_dialog(self, dialog: QWidget) -> None:
        """Try something in it, or leave it."""
        chance = self._random
        if chance.random() < 0.4:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                key = Qt.Key.Key_Escape
                QCoreApplication.sendEvent(dialog, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier))
            return
        boxes = [box for box in dialog.findChildren(QComboBox) if box.isVisible() and box.isEnabled() and box.count()]
        if boxes and chance.random() < 0.3:
            box = chance.choice(boxes)
            box.setCurrentIndex(chance.randrange(box.count()))
            return
        buttons = [
            button
            for button in dialog.findChildren(QAbstractButton)
            if button.isVisible() and button.isEnabled() and button.text() not in _LEFT_BUTTONS
        ]
        if buttons:
            chance.choice(buttons).click()
        elif isinstance(dialog, QDialog):
            dialog.reject()
