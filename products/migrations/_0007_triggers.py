"""What the database keeps about second factors.

Error codes as in `_0001_triggers`.
"""

from __future__ import annotations

from products.migrations import _0006_triggers as former
from products.migrations._guarding import guarded

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {
    "products_factor": ("secret",),
    "products_factorconfirmation": (),
    "products_factorremoval": (),
    "products_factorstep": (),
    "products_passkeyuse": (),
    "products_recoverycode": ("digest",),
    "products_recoverycodeuse": (),
}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE


def triggers() -> str:
    return guarded(NEW_TABLES)


# With their tables the triggers go by themselves.
DROP_TRIGGERS = ""
