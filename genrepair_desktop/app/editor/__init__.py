"""The Photo workspace: its sessions (state) and panels (widgets)."""
