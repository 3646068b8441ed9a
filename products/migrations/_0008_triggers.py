"""What the database asks of a checkpoint: that its signed note says when, and names its present key.

Error codes as in `_0001_triggers`; QC008 a checkpoint that the tree, the clock or the keys do not bear
out.
"""

from __future__ import annotations

import re

from products.migrations import _0003_triggers as ledger

# The time never goes back: a clock that was set back repeats the time of the checkpoint before.
ADD_CHECKPOINT = """
CREATE OR REPLACE FUNCTION products_add_checkpoint(
    tree_size bigint, tree_root bytea, signed text, signer uuid
) RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE last_number integer; last_size bigint; last_sealed timestamptz; said text[];
    sealed timestamptz;
BEGIN
    PERFORM FROM public.products_installation FOR UPDATE;
    SELECT c.number, c.size, c.sealed_at INTO last_number, last_size, last_sealed
        FROM public.products_checkpoint c ORDER BY c.number DESC LIMIT 1;
    said := string_to_array(split_part(signed, E'\\n\\n', 1), E'\\n');
    IF tree_size <= coalesce(last_size, 0)
       OR tree_root IS DISTINCT FROM public.products_root(tree_size)
       OR said[2] IS DISTINCT FROM tree_size::text
       OR said[3] IS DISTINCT FROM encode(tree_root, 'base64') THEN
        RAISE EXCEPTION 'checkpoint over % entries: the tree does not bear it out', tree_size
            USING ERRCODE = 'QC008';
    END IF;
    IF signer IS DISTINCT FROM (
        SELECT k.id FROM public.products_ledgerkey k ORDER BY k.number DESC LIMIT 1) THEN
        RAISE EXCEPTION 'checkpoint over % entries: its key is not the present one', tree_size
            USING ERRCODE = 'QC008';
    END IF;
    sealed := substring(said[4]
        FROM '^sealed (\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z)$')::timestamptz;
    IF sealed IS NULL OR cardinality(said) > 4 OR sealed < last_sealed OR (
        abs(extract(epoch FROM clock_timestamp() - sealed)) > 60
        AND sealed IS DISTINCT FROM last_sealed) THEN
        RAISE EXCEPTION 'checkpoint over % entries: its note does not say when it is sealed',
            tree_size USING ERRCODE = 'QC008';
    END IF;
    INSERT INTO public.products_checkpoint (number, size, root, note, key_id, sealed_at)
    VALUES (coalesce(last_number, 0) + 1, tree_size, tree_root, signed, signer, sealed);
END $$;
"""

_FORMER = re.compile(r"CREATE FUNCTION (products_add_checkpoint\(tree_size.*?END \$\$;)", re.DOTALL)


def former_add_checkpoint() -> str:
    found = _FORMER.search(ledger.FUNCTIONS)
    if found is None:
        raise LookupError("products_add_checkpoint")
    return f"CREATE OR REPLACE FUNCTION {found[1]}"
