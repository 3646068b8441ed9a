"""What the database keeps about identities at a provider: one opens at most one account.

Error codes as in `_0001_triggers`; QC011 an identity that is linked already.
"""

from __future__ import annotations

from products.migrations import _0007_triggers as former
from products.migrations._guarding import guarded, trigger

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {
    "products_identitylink": (),
    "products_identityunlink": (),
}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE

FUNCTIONS = """
-- Links of one identity queue up, so that of two at the same moment the later sees the earlier.
CREATE FUNCTION products_identity_is_free() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.issuer || ' ' || NEW.subject, 0));
    IF EXISTS (
        SELECT FROM public.products_identitylink link
        WHERE link.issuer = NEW.issuer AND link.subject = NEW.subject AND link.id <> NEW.id
          AND NOT EXISTS (
            SELECT FROM public.products_identityunlink undone WHERE undone.link_id = link.id
          )
    ) THEN
        RAISE EXCEPTION 'the identity % at % is linked already', NEW.subject, NEW.issuer
            USING ERRCODE = 'QC011';
    END IF;
    RETURN NULL;
END $$;
"""

DROP_FUNCTIONS = "DROP FUNCTION products_identity_is_free();"


def triggers() -> str:
    free = trigger(
        "identity_is_free",
        "AFTER INSERT",
        "products_identitylink",
        "ROW",
        "products_identity_is_free()",
    )
    return guarded(NEW_TABLES) + free


# The others go with their tables, after the function that this one calls.
DROP_TRIGGERS = "DROP TRIGGER identity_is_free ON products_identitylink;"
