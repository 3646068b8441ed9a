"""What the database keeps about answers to auditors: they are only added to.

Error codes as in `_0001_triggers`.
"""

from __future__ import annotations

from products.migrations import _0009_triggers as former
from products.migrations._guarding import guarded

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {"products_access": ()}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE


def triggers() -> str:
    return guarded(NEW_TABLES)


# With the table the triggers go by themselves.
DROP_TRIGGERS = ""
