"""GenRepair Desktop: repair, generate and browse photographs on your own machine."""

__version__ = "0.1.0"
