#!/usr/bin/env python
"""Exolot's commands: `python manage.py help`."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qcsite.settings")
    if sys.argv[1:2] == ["makemigrations"] and "DATABASE_URL" not in os.environ:
        # It compares models with files; a database that it would start only for that stays off.
        os.environ["EXOLOT_CLUSTER"] = "none"
    execute_from_command_line(sys.argv)
