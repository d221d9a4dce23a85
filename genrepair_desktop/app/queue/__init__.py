"""The list of running and waiting work."""
