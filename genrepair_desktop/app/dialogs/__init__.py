"""Windows that ask or tell: export, preferences, shortcuts, about."""
