"""What the database keeps about the ledger: the queue, the tree and its signed heads.

Error codes as in `_0001_triggers`; QC008 a checkpoint that the tree does not bear out.
"""

from __future__ import annotations

import re

from products.migrations import _0001_triggers as first
from products.migrations import _0002_triggers as former
from products.migrations._guarding import guarded, trigger

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {"products_ledgerkey": ()}
# Written by the functions below alone; the trail does not audit itself.
LEDGER_TABLES = ("products_pending", "products_leaf", "products_node", "products_checkpoint")

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE

# No foreign keys to the entries: the sealer would check millions, and `verify_ledger` does it.
TABLES = """
CREATE TABLE products_pending (entry_id uuid PRIMARY KEY, xid xid8 NOT NULL);
CREATE TABLE products_leaf (
    index bigint PRIMARY KEY,
    entry_id uuid NOT NULL UNIQUE,
    hash bytea NOT NULL CHECK (length(hash) = 32)
);
CREATE TABLE products_node (
    level smallint NOT NULL CHECK (level > 0),
    index bigint NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, index)
);
"""

# One index for each way in which the trail is searched, each in the order in which it is read: a
# page is read from one place, however many entries there are. An entry concerns at most two lots (a
# lot and one that it was made from); an index over the whole array has no order.
INDEXES = """
ALTER TABLE products_auditentry
    ADD CONSTRAINT auditentry_of_few_lots CHECK (cardinality(lots) <= 2);
DROP INDEX auditentry_by_record, auditentry_by_lot;
CREATE INDEX auditentry_by_record ON products_auditentry (record_id, recorded_at, id);
CREATE INDEX auditentry_by_table ON products_auditentry (record_table, recorded_at, id);
CREATE INDEX auditentry_by_actor ON products_auditentry (actor, recorded_at, id);
CREATE INDEX auditentry_by_action ON products_auditentry (action, recorded_at, id);
CREATE INDEX auditentry_by_time ON products_auditentry (recorded_at, id);
CREATE INDEX auditentry_by_first_lot ON products_auditentry ((lots[1]), recorded_at, id)
    WHERE lots[1] IS NOT NULL;
CREATE INDEX auditentry_by_second_lot ON products_auditentry ((lots[2]), recorded_at, id)
    WHERE lots[2] IS NOT NULL;
"""

DROP_INDEXES = """
DROP INDEX auditentry_by_second_lot, auditentry_by_first_lot, auditentry_by_time,
    auditentry_by_action, auditentry_by_actor, auditentry_by_table, auditentry_by_record;
CREATE INDEX auditentry_by_record ON products_auditentry (record_table, record_id, id);
CREATE INDEX auditentry_by_lot ON products_auditentry USING gin (lots);
ALTER TABLE products_auditentry DROP CONSTRAINT auditentry_of_few_lots;
"""

DROP_TABLES = "DROP TABLE products_node, products_leaf, products_pending"

FUNCTIONS = """
-- A signature asks for a checkpoint at once: the sealer listens.
CREATE FUNCTION products_ask_for_seal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_notify('exolot_seal', '');
    RETURN NULL;
END $$;

-- What is sealed leaves the queue; nothing else does.
CREATE FUNCTION products_queue_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND coalesce(current_setting('exolot.sealing', true), '') = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on %: entries leave the queue when they are sealed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'QC002';
END $$;

-- Moves at most this many entries from the queue into the tree, in the order of their
-- transactions; returns how many. One sealer at a time: they wait for a row that no other role may
-- lock. An advisory lock is anybody's who can connect, and would keep the sealer waiting.
CREATE FUNCTION products_seal(at_most integer) RETURNS bigint LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE size bigint; grown bigint; height smallint := 0;
BEGIN
    PERFORM FROM public.products_installation FOR UPDATE;
    SELECT coalesce(max(l.index) + 1, 0) INTO size FROM public.products_leaf l;
    PERFORM set_config('exolot.sealing', 'on', true);
    WITH taken AS (
        DELETE FROM public.products_pending WHERE entry_id IN (
            SELECT entry_id FROM public.products_pending ORDER BY xid, entry_id LIMIT at_most)
        RETURNING entry_id, xid)
    INSERT INTO public.products_leaf (index, entry_id, hash)
    SELECT size - 1 + row_number() OVER (ORDER BY t.xid, t.entry_id), t.entry_id,
           sha256('\\x00'::bytea || e.body)
    -- An entry that waits but is gone makes the hash null, which its column refuses.
    FROM taken t LEFT JOIN public.products_auditentry e ON e.id = t.entry_id;
    GET DIAGNOSTICS grown = ROW_COUNT;
    PERFORM set_config('exolot.sealing', '', true);
    -- A child that is missing makes the hash null, which its column refuses.
    LOOP
        height := height + 1;
        EXIT WHEN (size + grown) >> height = size >> height;
        IF height = 1 THEN
            INSERT INTO public.products_node (level, index, hash)
            SELECT 1, g, sha256('\\x01'::bytea
                || (SELECT l.hash FROM public.products_leaf l WHERE l.index = 2 * g)
                || (SELECT r.hash FROM public.products_leaf r WHERE r.index = 2 * g + 1))
            FROM generate_series(size >> 1, ((size + grown) >> 1) - 1) AS g;
        ELSE
            INSERT INTO public.products_node (level, index, hash)
            SELECT height, g, sha256('\\x01'::bytea
                || (SELECT l.hash FROM public.products_node l
                    WHERE l.level = height - 1 AND l.index = 2 * g)
                || (SELECT r.hash FROM public.products_node r
                    WHERE r.level = height - 1 AND r.index = 2 * g + 1))
            FROM generate_series(size >> height, ((size + grown) >> height) - 1) AS g;
        END IF;
    END LOOP;
    RETURN grown;
END $$;

-- The root of the first `size` leaves (RFC 6962, 2.1), folded from the complete subtrees.
CREATE FUNCTION products_root(size bigint) RETURNS bytea LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp AS $$
DECLARE at bigint := size; bit smallint; peak bytea; root bytea;
BEGIN
    IF size = 0 THEN
        RETURN sha256(''::bytea);
    END IF;
    FOR bit IN 0..62 LOOP
        CONTINUE WHEN (size >> bit) & 1 = 0;
        at := at - (1::bigint << bit);
        IF bit = 0 THEN
            SELECT l.hash INTO peak FROM public.products_leaf l WHERE l.index = at;
        ELSE
            SELECT n.hash INTO peak FROM public.products_node n
            WHERE n.level = bit AND n.index = at >> bit;
        END IF;
        root := CASE WHEN root IS NULL THEN peak ELSE sha256('\\x01'::bytea || peak || root) END;
    END LOOP;
    RETURN root;
END $$;

CREATE FUNCTION products_add_checkpoint(tree_size bigint, tree_root bytea, signed text, signer uuid)
RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE last_number integer; last_size bigint;
BEGIN
    PERFORM FROM public.products_installation FOR UPDATE;
    SELECT c.number, c.size INTO last_number, last_size FROM public.products_checkpoint c
        ORDER BY c.number DESC LIMIT 1;
    IF tree_size <= coalesce(last_size, 0)
       OR tree_root IS DISTINCT FROM public.products_root(tree_size)
       OR position(encode(tree_root, 'base64') IN signed) = 0
       OR position(E'\\n' || tree_size || E'\\n' IN signed) = 0 THEN
        RAISE EXCEPTION 'checkpoint over % entries: the tree does not bear it out', tree_size
            USING ERRCODE = 'QC008';
    END IF;
    INSERT INTO public.products_checkpoint (number, size, root, note, key_id, sealed_at)
    VALUES (coalesce(last_number, 0) + 1, tree_size, tree_root, signed, signer, clock_timestamp());
END $$;

REVOKE EXECUTE ON FUNCTION products_seal(integer),
    products_add_checkpoint(bigint, bytea, text, uuid) FROM PUBLIC;
"""

DROP_FUNCTIONS = """
DROP FUNCTION products_add_checkpoint, products_root, products_seal, products_queue_guard,
    products_ask_for_seal CASCADE
"""

# Entries from before there was a ledger are sealed in the order in which they were written.
QUEUE_WHAT_IS_THERE = """
INSERT INTO products_pending SELECT id, pg_current_xact_id() FROM products_auditentry
"""

_AUDIT = re.compile(
    r"CREATE FUNCTION (products_audit\(\).*?)    RETURN NULL;\nEND \$\$;", re.DOTALL
)


QUEUES = "    INSERT INTO public.products_pending VALUES (entry, pg_current_xact_id());\n"


def queueing_audit() -> str:
    """The trail's function as `0001_records` made it, which now also queues what it wrote."""
    return f"CREATE OR REPLACE FUNCTION {_audit()}{QUEUES}    RETURN NULL;\nEND $$;"


def former_audit() -> str:
    return f"CREATE OR REPLACE FUNCTION {_audit()}    RETURN NULL;\nEND $$;"


def _audit() -> str:
    found = _AUDIT.search(first.FUNCTIONS)
    if found is None:
        raise LookupError("products_audit")
    return found[1]


def triggers() -> str:
    """Nobody changes the ledger, its owner included; the queue only gives to the tree."""
    parts = [
        guarded(NEW_TABLES),
        trigger(
            "ask_for_seal",
            "AFTER INSERT",
            "products_signature",
            "STATEMENT",
            "products_ask_for_seal()",
        ),
        trigger(
            "append_only",
            "BEFORE UPDATE OR DELETE OR TRUNCATE",
            "products_pending",
            "STATEMENT",
            "products_queue_guard()",
        ),
    ]
    parts += [
        trigger(
            "append_only",
            "BEFORE UPDATE OR DELETE OR TRUNCATE",
            table,
            "STATEMENT",
            "products_append_only()",
        )
        for table in LEDGER_TABLES[1:]
    ]
    return "".join(parts)


DROP_TRIGGERS = "DROP TRIGGER ask_for_seal ON products_signature"
