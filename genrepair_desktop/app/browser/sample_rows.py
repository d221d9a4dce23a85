"""The commands of the Samples workspace. Handlers reach it through the workbench, which builds it when first used."""

from genrepair_desktop.app.commands import AppState, Command


def _here(state: AppState) -> bool:
    return state.in_samples


def _can_sample(state: AppState) -> bool:
    return state.in_samples and state.has_model


def _with_gallery(state: AppState) -> bool:
    return state.in_samples and state.has_gallery


def _with_selection(state: AppState) -> bool:
    return state.in_samples and state.has_selection


def _with_shown(state: AppState) -> bool:
    return state.in_samples and state.has_shown


SAMPLES = (
    Command(
        "samples.sample",
        "Sample",
        lambda w: w.samples.sample(),
        ("Ctrl+R",),
        "dice",
        _can_sample,
        "Makes new pictures by the chosen model",
    ),
    Command("samples.stop", "Stop, or select nothing", lambda w: w.samples.stop(), ("Shift+Esc",), "close", _here),
    Command(
        "samples.add-pictures",
        "Add my pictures…",
        lambda w: w.samples.add_pictures(),
        ("Ctrl+I",),
        "import",
        _can_sample,
        "Photos of your own beside the generated ones; for portraits the largest face of each",
    ),
    Command(
        "samples.add-photo",
        "Add the open photo",
        lambda w: w.samples.add_open_photo(),
        ("Ctrl+Shift+A",),
        "photo",
        lambda s: _can_sample(s) and s.has_document,
    ),
    Command(
        "samples.use",
        "Use in photo",
        lambda w: w.samples.use(),
        ("Ctrl+U",),
        "repair",
        _with_shown,
        "Fills what is marked in the open photo with the picture shown: on the face there, else over the hole",
    ),
    Command(
        "samples.keep",
        "Keep in gallery",
        lambda w: w.samples.keep(),
        ("K",),
        "plus",
        lambda s: s.in_samples and s.has_made,
        "Adds what is shown, such as a fusion, to the gallery",
    ),
    Command("samples.open", "Show large", lambda w: w.window.show_large(), (), "zoom-in", _with_selection),
    Command(
        "samples.star",
        "Star",
        lambda w: w.samples.star(),
        ("Alt+S",),
        "star",
        _with_selection,
        "Marks the selected pictures with a star, or takes it away",
    ),
    Command(
        "samples.group-with",
        "Mark selected as group A",
        lambda w: w.samples.mark_group("with"),
        ("Alt+A",),
        "select-all",
        _with_selection,
        "Pictures that have something in common, such as a smile: the tab Attribute pushes others towards it",
    ),
    Command(
        "samples.group-without",
        "Mark selected as group B",
        lambda w: w.samples.mark_group("without"),
        ("Alt+B",),
        "select-all",
        _with_selection,
        "Pictures that lack what those of group A have in common",
    ),
    Command("samples.delete", "Delete from gallery", lambda w: w.samples.delete(), ("Del",), "clear", _with_selection),
    Command("samples.copy", "Copy picture", lambda w: w.samples.copy(), ("Ctrl+C",), "copy", _with_shown),
    Command("samples.save", "Save picture…", lambda w: w.samples.save(), (), "save", _with_shown),
    Command(
        "samples.export",
        "Export pictures…",
        lambda w: w.samples.export_each(),
        ("Ctrl+E",),
        "export",
        _with_gallery,
        "The selected pictures, or all, as PNG files with model, seed and number in their names",
    ),
    Command(
        "samples.export-sheet",
        "Export contact sheet…",
        lambda w: w.samples.export_sheet(),
        ("Ctrl+Alt+E",),
        "export",
        _with_gallery,
    ),
    Command(
        "samples.export-latents",
        "Export latents…",
        lambda w: w.samples.export_latents(),
        (),
        "export",
        _with_gallery,
        "The numbers behind the selected pictures, to make the same again with genrepair walk or map",
    ),
)

VIEWS = (
    Command(
        "samples.view-both",
        "Gallery and map",
        lambda w: w.samples.show_view("both"),
        (),
        "side-by-side",
        _here,
        "Gallery and tools at the left, the map at the right",
        is_checkable=True,
    ),
    Command(
        "samples.view-map",
        "Map alone",
        lambda w: w.samples.show_view("map"),
        (),
        "explore",
        _here,
        "The map over the whole window",
        is_checkable=True,
    ),
    Command(
        "samples.view-gallery",
        "Gallery alone",
        lambda w: w.samples.show_view("gallery"),
        (),
        "candidates",
        _here,
        "Gallery and tools over the whole window",
        is_checkable=True,
    ),
    Command(
        "samples.next-view",
        "Next of gallery and map",
        lambda w: w.samples.show_next_view(),
        ("F9",),
        "",
        _here,
        "Both, the map alone, the gallery alone",
    ),
)

WORKSPACES = (
    Command(
        "view.photo",
        "Photo",
        lambda w: w.window.show_photo(),
        ("F7",),
        "photo",
        help="The workspace for repairing a photo",
        is_checkable=True,
    ),
    Command(
        "view.samples",
        "Samples",
        lambda w: w.window.show_samples(),
        ("F8",),
        "candidates",
        help="The workspace for generated pictures: sample, map, fuse, use in the photo",
        is_checkable=True,
    ),
)
