"""What the database keeps about lockouts, the signature policy and the periodic reviews.

Error codes as in `_0001_triggers`.
"""

from __future__ import annotations

from products.migrations import _0003_triggers as former
from products.migrations._guarding import guarded

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {
    "products_credentialreview": (),
    "products_lockout": (),
    "products_lockoutsettlement": (),
    "products_policyacceptance": (),
    "products_signaturepolicy": (),
    "products_trailreview": (),
}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE


def triggers() -> str:
    return guarded(NEW_TABLES)


# With their tables the triggers go by themselves.
DROP_TRIGGERS = ""
