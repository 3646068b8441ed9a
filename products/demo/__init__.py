"""Demo data: a plausible house with a past, made through actions, served on this machine."""

from __future__ import annotations
