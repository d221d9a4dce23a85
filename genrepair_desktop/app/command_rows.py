"""The one command table: every command's id, title, shortcuts, icon, handler, and when it makes sense."""

from functools import partial
from typing import TYPE_CHECKING

from genrepair_desktop.app.browser.sample_rows import SAMPLES, VIEWS, WORKSPACES
from genrepair_desktop.app.canvas.compare import CompareMode
from genrepair_desktop.app.commands import AppState, Command, in_photo, with_document, with_photo
from genrepair_desktop.app.dialogs.model_rows import MODELS

if TYPE_CHECKING:
    from genrepair_desktop.app.workbench import Workbench


def _with_mask(state: AppState) -> bool:
    return state.has_mask


def _use_tool(tool: str, workbench: "Workbench") -> None:
    workbench.tools.choose(tool)


def _toggle(mode: CompareMode, workbench: "Workbench") -> None:
    workbench.compare.toggle(mode)


def _choose_method(method: str, workbench: "Workbench") -> None:
    workbench.repair.choose_method(method)


def _tool(tool: str, title: str, icon: str, help: str, *shortcuts: str) -> Command:
    use = partial(_use_tool, tool)
    return Command(f"tool.{tool}", title, use, shortcuts, icon, in_photo, help, is_checkable=True)


def _whole(method: str, title: str, help: str) -> Command:
    """A method for the whole picture, to be found by those who look for it in the menus."""
    words = f"{help}: chooses the method, the button under it starts"
    return Command(f"repair.{method}", title, partial(_choose_method, method), enabled_when=with_photo, help=words)


FILE = (
    Command(
        "file.open",
        "Open photo…",
        lambda w: w.files.open(),
        ("Ctrl+O",),
        "open",
        help="JPEG, PNG, TIFF, WebP, BMP, GIF, AVIF or HEIC",
    ),
    Command(
        "file.sample",
        "Try a damaged sample",
        lambda w: w.files.open_sample(),
        (),
        "photo",
        help="Opens a bundled photo with its damage marked",
    ),
    Command("file.next", "Next photo in folder", lambda w: w.files.step(1), ("PgDown",), "next", with_photo),
    Command(
        "file.previous",
        "Previous photo in folder",
        lambda w: w.files.step(-1),
        ("PgUp",),
        "previous",
        with_photo,
    ),
    Command(
        "file.save",
        "Save project",
        lambda w: w.files.projects.save(),
        ("Ctrl+S",),
        "save",
        with_document,
        "Keeps photo, mask and every step in one file; the photo's own file is never written to",
    ),
    Command(
        "file.save-as",
        "Save project as…",
        lambda w: w.files.projects.save_as(),
        ("Ctrl+Shift+S",),
        "save",
        with_document,
    ),
    Command(
        "file.export",
        "Export…",
        lambda w: w.files.export(),
        ("Ctrl+Shift+E",),
        "export",
        with_document,
        "Writes the repaired photo to a file of its own",
    ),
    Command("file.copy", "Copy result", lambda w: w.files.copy_result(), ("Ctrl+Shift+C",), "copy", with_photo),
    Command("file.paste", "Paste as new photo", lambda w: w.files.paste(), ("Ctrl+V",), "paste"),
    Command(
        "file.paste-mask", "Paste as mask", lambda w: w.files.paste_mask(), ("Ctrl+Shift+V",), "paste", with_photo
    ),
    Command("file.close", "Close photo", lambda w: w.files.close_photo(), ("Ctrl+W",), "close", with_document),
    Command(
        "file.recover",
        "Recover unsaved work…",
        lambda w: w.dialogs.recover(),
        (),
        "reuse",
        help="What was open when the program last ended without being closed",
    ),
    Command("file.preferences", "Preferences…", lambda w: w.dialogs.preferences(), ("Ctrl+,",), "settings"),
    Command("file.quit", "Quit", lambda w: w.window.close(), ("Ctrl+Q",)),
)

EDIT = (
    Command("edit.undo", "Undo", lambda w: w.session.undo(), ("Ctrl+Z",), "undo", lambda s: s.can_undo),
    Command("edit.redo", "Redo", lambda w: w.session.redo(), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", lambda s: s.can_redo),
)

TOOLS = (
    _tool("brush", "Brush", "brush", "Marks damage. Right button: takes away. Shift and click: straight line", "B"),
    _tool("eraser", "Eraser", "eraser", "Takes marks away", "E"),
    _tool("rectangle", "Rectangle", "rectangle", "Marks a rectangle. Alt takes away, Shift makes it square", "M"),
    _tool("ellipse", "Ellipse", "ellipse", "Marks an ellipse", "Shift+M"),
    _tool("lasso", "Lasso", "lasso", "Marks what is drawn around", "L"),
    _tool("polygon", "Polygon", "polygon", "Click corners, double click or Enter closes", "Shift+L"),
    _tool("wand", "Magic wand", "wand", "Marks pixels of a similar colour", "W"),
    _tool("donor", "Source area", "donor", "Paint where texture may be taken from. Right button: takes away", "S"),
    _tool("restore", "Back to original", "restore", "Paints the opened photo back over a repair", "Y"),
    _tool("pan", "Hand", "hand", "Moves the photo. Holding Space does so with any tool", "H"),
    Command("tool.swap", "Swap brush and eraser", lambda w: w.swap_eraser(), ("X",), "", in_photo),
    Command("tool.smaller", "Smaller brush", lambda w: w.tools.step_brush_size(-1), ("[",), "", in_photo),
    Command("tool.larger", "Larger brush", lambda w: w.tools.step_brush_size(1), ("]",), "", in_photo),
    Command("tool.softer", "Softer brush", lambda w: w.tools.step_hardness(-1), ("{",), "", in_photo),
    Command("tool.harder", "Harder brush", lambda w: w.tools.step_hardness(1), ("}",), "", in_photo),
)

MASK = (
    Command("mask.all", "Mark everything", lambda w: w.mask.mark_all(), ("Ctrl+A",), "select-all", with_photo),
    Command("mask.none", "Clear mask", lambda w: w.mask.clear(), ("Ctrl+D",), "clear", _with_mask),
    Command("mask.invert", "Invert mask", lambda w: w.mask.invert(), ("Ctrl+Shift+I",), "invert", with_photo),
    Command(
        "mask.grow", "Grow or shrink…", lambda w: w.window.focus_mask_field("grow"), ("Ctrl+G",), "grow", _with_mask
    ),
    Command(
        "mask.feather",
        "Feather…",
        lambda w: w.window.focus_mask_field("feather"),
        ("Shift+F6",),
        "feather",
        _with_mask,
    ),
    Command(
        "mask.find",
        "Find damage",
        lambda w: w.sessions.damage.find(),
        ("Ctrl+F",),
        "detect",
        with_photo,
        "Suggests scratches, cracks and dust as a mask",
    ),
    Command(
        "mask.import",
        "Import mask…",
        lambda w: w.files.import_mask(),
        ("Ctrl+Shift+O",),
        "import",
        with_photo,
        "White is marked; a mask of another size is fitted",
    ),
    Command("mask.export", "Export mask…", lambda w: w.files.export_mask(), (), "export", _with_mask),
    Command(
        "mask.bring-back",
        "Bring back last mask",
        lambda w: w.mask.bring_back(),
        ("Ctrl+Shift+D",),
        "reuse",
        lambda s: s.has_photo and s.has_last_mask,
        "The mask of the last repair, or of the photo before",
    ),
    Command(
        "mask.clear-donor",
        "Clear source area",
        lambda w: w.mask.clear_donor(),
        (),
        "donor",
        lambda s: s.has_donor,
        "Texture may come from anywhere again",
    ),
)

REPAIR = (
    Command(
        "repair.run",
        "Repair",
        lambda w: w.repair.repair(),
        ("Ctrl+Return", "Ctrl+Enter", "Shift+R"),
        "repair",
        lambda s: s.can_repair,
    ),
    Command(
        "repair.cancel",
        "Cancel or go back",
        lambda w: w.go_back(),
        ("Esc",),
        "close",
        lambda s: s.is_busy or s.has_candidates or s.has_suggestion,
        "Stops the repair; else forgets the damage that was found; else gives up the selected fill",
    ),
    Command(
        "repair.more",
        "More fills",
        lambda w: w.candidates.more(),
        ("Ctrl+Shift+Return",),
        "candidates",
        lambda s: s.has_repair and not s.is_busy,
        "Other fills for the last repair, to choose from",
    ),
    Command(
        "repair.next-fill", "Next fill", lambda w: w.candidates.select_next(1), (".",), "", lambda s: s.has_candidates
    ),
    Command(
        "repair.previous-fill",
        "Previous fill",
        lambda w: w.candidates.select_next(-1),
        (",",),
        "",
        lambda s: s.has_candidates,
    ),
    Command(
        "repair.apply-fill",
        "Apply selected fill",
        lambda w: w.candidates.apply(),
        ("Return", "Enter"),
        "check",
        lambda s: s.has_choice,
    ),
    Command(
        "repair.race",
        "Compare methods…",
        lambda w: w.dialogs.race(),
        ("Ctrl+M",),
        "race",
        lambda s: s.has_mask and not s.is_busy,
        "Tries every method on sound parts of this photo",
    ),
    _whole("denoise", "Take away noise…", "Noise, grain and JPEG blocks"),
    _whole("upscale", "Make larger…", "Two or four times the size"),
    _whole("background", "Even out background…", "Uneven light and fading"),
    Command(
        "repair.merge",
        "Merge copies…",
        lambda w: w.dialogs.merge(),
        (),
        "intersect",
        lambda s: s.has_photo and not s.is_busy,
        "Fills what is marked from other scans or prints of the same picture",
    ),
    Command(
        "repair.carry",
        "Tone and grain of another photo…",
        lambda w: w.dialogs.carry(),
        (),
        "feather",
        lambda s: s.has_photo and not s.is_busy,
        "Makes the photo look like another one: its brightness, colour and film grain",
    ),
)

VIEW = (
    Command("view.zoom-in", "Zoom in", lambda w: w.canvas.zoom_in(), ("Ctrl++", "Ctrl+="), "zoom-in", with_photo),
    Command("view.zoom-out", "Zoom out", lambda w: w.canvas.zoom_out(), ("Ctrl+-",), "zoom-out", with_photo),
    Command("view.fit", "Fit in window", lambda w: w.canvas.zoom_fit(), ("Ctrl+0",), "fit", with_photo),
    Command("view.actual", "Actual pixels", lambda w: w.canvas.zoom_actual(), ("Ctrl+1",), "one-to-one", with_photo),
    Command(
        "view.overlay",
        "Show mask",
        lambda w: w.toggle_overlay(),
        ("Q",),
        "mask",
        with_photo,
        "Shows or hides the coloured mask",
        is_checkable=True,
    ),
    Command(
        "compare.hold",
        "Show original while held",
        lambda w: None,
        ("\\",),
        "original",
        with_photo,
        "Tab does so too while the photo has the focus",
        is_held=True,
    ),
    Command(
        "compare.split",
        "Split",
        partial(_toggle, "split"),
        ("Alt+2",),
        "split",
        with_photo,
        "Original left of the handle, result right of it",
        is_checkable=True,
    ),
    Command(
        "compare.side-by-side",
        "Side by side",
        partial(_toggle, "side-by-side"),
        ("Alt+3",),
        "side-by-side",
        with_photo,
        "Original and result with the same zoom",
        is_checkable=True,
    ),
    Command(
        "compare.difference",
        "Difference",
        partial(_toggle, "difference"),
        ("Alt+4",),
        "difference",
        with_photo,
        "What changed since the photo was opened, amplified",
        is_checkable=True,
    ),
    Command("view.queue", "Running work", lambda w: w.window.toggle_queue(), ("Ctrl+J",), "queue", is_checkable=True),
    Command("view.full-screen", "Full screen", lambda w: w.window.toggle_full_screen(), ("F11",), "fit"),
)

HELP = (
    Command("help.shortcuts", "Keyboard shortcuts", lambda w: w.dialogs.shortcuts(), ("F1", "?"), "keyboard"),
    Command("help.palette", "Find a command…", lambda w: w.dialogs.palette(), ("Ctrl+Shift+P",), "search"),
    Command("help.log", "Open log folder", lambda w: w.dialogs.log_folder(), (), "info"),
    Command("help.about", "About GenRepair", lambda w: w.dialogs.about(), (), "info"),
)

ROWS: tuple[Command, ...] = (
    *FILE,
    *EDIT,
    *TOOLS,
    *MASK,
    *REPAIR,
    *VIEW,
    *SAMPLES,
    *VIEWS,
    *WORKSPACES,
    *MODELS,
    *HELP,
)
