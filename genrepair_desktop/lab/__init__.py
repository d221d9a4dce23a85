"""Offline work: makes weights, measures methods."""
