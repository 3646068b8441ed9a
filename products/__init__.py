"""Exolot: quality-control records of exosome product lots."""
