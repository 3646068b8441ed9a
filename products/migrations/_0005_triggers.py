"""What the database keeps about signatures bound to their records, and requests answered once.

Error codes as in `_0001_triggers`.
"""

from __future__ import annotations

from products.migrations import _0004_triggers as former

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE
