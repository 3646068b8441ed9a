"""Property tests here are pure and fast; a loaded machine must not fail them by the clock."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("domain", deadline=None)
settings.load_profile("domain")
