"""Builds the Samples workspace with its sessions and models, once it is first shown."""

from PySide6.QtWidgets import QWidget

from genrepair_desktop.app.browser.parts import make_parts
from genrepair_desktop.app.browser.samples_workspace import SamplesWorkspace
from genrepair_desktop.app.commands import CommandTable
from genrepair_desktop.app.settings import Settings
from genrepair_desktop.app.theme import Theme
from genrepair_desktop.app.workbench import Sessions
from genrepair_desktop.generate.catalog import GenerativeModels
from genrepair_desktop.registry.store import ModelStore


def make_workspace(
    sessions: Sessions, settings: Settings, table: CommandTable, theme: Theme, window: QWidget
) -> SamplesWorkspace:
    """The workspace over the photo's engine, with the models that are installed."""
    models = GenerativeModels(ModelStore.installed(), settings.device)
    parts = make_parts(sessions, models, window)
    actions = {row.id: table.action(row.id) for row in table.rows}
    return SamplesWorkspace(parts, actions, theme, window)
