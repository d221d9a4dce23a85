"""Measures every fill method on the same photos and masks, each in a process of its own."""
