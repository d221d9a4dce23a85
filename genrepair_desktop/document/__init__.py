"""The open photo, its edits and its history."""
