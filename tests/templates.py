"""Builds the template databases, as a process of its own: `python -m tests.templates`."""

from __future__ import annotations

import tempfile
from pathlib import Path

import django

from tests.conftest import Databases

if __name__ == "__main__":
    django.setup()
    from tests.demo.conftest import fill  # after the settings

    databases = Databases()
    databases.build_templates()
    with tempfile.TemporaryDirectory() as place:
        fill(databases, Path(place))
