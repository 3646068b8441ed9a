"""What the database keeps about the invariant of released lots, and about its backups.

Error codes as in `_0001_triggers`.
"""

from __future__ import annotations

from products.migrations import _0005_triggers as former
from products.migrations._guarding import guarded

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {"products_backup": ()}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE


def triggers() -> str:
    return guarded(NEW_TABLES)
