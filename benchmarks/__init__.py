"""What the product costs, measured against a limit or against a bare minimum in the same run.

Always on the test cluster, whatever the environment names: a measurement never meets records.
"""

from __future__ import annotations

import os

import django

os.environ["EXOLOT_CLUSTER"] = "test"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qcsite.settings")

django.setup()
