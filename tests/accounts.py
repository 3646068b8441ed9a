"""The accounts of every test database, one of each role and a second where duties are separated."""

from __future__ import annotations

PASSWORD = "correct horse battery staple"
FIRST_PASSWORD = "given by the administrator"

# Account name, printed name, role.
ACCOUNTS = (
    ("admin", "Ada Adminson", "Administrator"),
    ("quality", "Quentin Quality", "Quality"),
    ("quality2", "Quirina Quist", "Quality"),
    ("analyst", "Anna Alvarez", "Analyst"),
    ("analyst2", "Ben Baker", "Analyst"),
    ("reviewer", "Rita Romero", "Reviewer"),
    ("auditor", "Aurel Audet", "Auditor"),
)

FIRST = ("admin", "quality")
"""Those that provisioning brings; the administrator makes the others, and quality approves."""
