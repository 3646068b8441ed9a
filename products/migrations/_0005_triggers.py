"""What the database keeps about signatures bound to their records, and requests answered once.

Error codes as in `_0001_triggers`; QC009 a signature that is not of the record that names it, or
not of what its document says.
"""

from __future__ import annotations

from products.migrations import _0004_triggers as former
from products.migrations._guarding import guarded, trigger

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {
    "products_requestdone": (),
    "products_requestanswer": (),
}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE

# Table -> column that names the signature, and the kind of record that the signature states.
SIGNED_TABLES = (
    ("products_acknowledgement", "signature_id", "acknowledgement"),
    ("products_amendment", "signature_id", "amendment"),
    ("products_conclusion", "signature_id", "conclusion"),
    ("products_determination", "signature_id", "determination"),
    ("products_disposition", "signature_id", "disposition"),
    ("products_golive", "signature_id", "go_live"),
    ("products_laboratoryqualification", "signature_id", "laboratory_qualification"),
    ("products_lot", "stability_signature_id", "lot"),
    ("products_methodversion", "approval_id", "method_version"),
    ("products_methodversion", "retirement_id", "method_version"),
    ("products_profileassignment", "signature_id", "profile_assignment"),
    ("products_review", "signature_id", "review"),
    ("products_roleapproval", "signature_id", "role_approval"),
    ("products_secondsignature", "signature_id", "second_signature"),
    ("products_signaturepolicy", "signature_id", "signature_policy"),
    ("products_specificationchange", "signature_id", "specification_change"),
    ("products_specificationversion", "approval_id", "specification_version"),
    ("products_trailreview", "signature_id", "trail_review"),
    ("products_training", "signature_id", "training"),
    ("products_verification", "signature_id", "verification"),
)

FUNCTIONS = """
-- 21 CFR 11.70: the document says of which record, by whom, why and with which meaning. A copy for
-- another record would need another document, and so another hash.
CREATE FUNCTION products_signature_binds() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    document jsonb;
    account text;
    of_person uuid;
BEGIN
    BEGIN
        document := convert_from(NEW.content, 'UTF8')::jsonb;
    EXCEPTION WHEN data_exception THEN
        RAISE EXCEPTION 'the signed document is not JSON' USING ERRCODE = 'QC009';
    END;
    SELECT username, person_id INTO account, of_person
        FROM public.products_user WHERE id = NEW.user_id;
    IF document #>> '{record,kind}' IS DISTINCT FROM NEW.record_kind
       OR document #>> '{record,id}' IS DISTINCT FROM NEW.record_id::text
       OR document ->> 'meaning' IS DISTINCT FROM NEW.meaning
       OR document ->> 'reason' IS DISTINCT FROM NEW.reason
       OR document #>> '{shown,signer,account}' IS DISTINCT FROM account
       OR document #>> '{shown,signer,printed_name}' IS DISTINCT FROM NEW.printed_name
       OR of_person IS DISTINCT FROM NEW.person_id THEN
        RAISE EXCEPTION 'the signed document is of another record, signer, reason or meaning'
            USING ERRCODE = 'QC009';
    END IF;
    RETURN NULL;
END $$;

-- Two records may rest on a signature of another: a lot declared void on the decision that the
-- second person signs, and an investigation concluded by the second signature on its correction.
CREATE FUNCTION products_signed_as() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    signature uuid := to_jsonb(NEW) ->> TG_ARGV[0];
    signed public.products_signature;
BEGIN
    SELECT * INTO signed FROM public.products_signature WHERE id = signature;
    IF signed.record_kind = TG_ARGV[1] AND signed.record_id = NEW.id THEN
        RETURN NULL;
    ELSIF TG_TABLE_NAME = 'products_secondsignature' AND EXISTS (
        SELECT FROM public.products_disposition d
        JOIN public.products_amendment a ON a.lot_id = d.lot_id
        WHERE d.signature_id = signature AND d.kind = 'void' AND a.kind = 'void_lot'
              AND a.id = (to_jsonb(NEW) ->> 'amendment_id')::uuid) THEN
        RETURN NULL;
    ELSIF TG_TABLE_NAME = 'products_conclusion' AND EXISTS (
        SELECT FROM public.products_secondsignature s
        JOIN public.products_amendment a ON a.id = s.amendment_id
        JOIN public.products_investigation i ON i.run_id = a.run_id
        WHERE s.signature_id = signature
              AND i.id = (to_jsonb(NEW) ->> 'investigation_id')::uuid) THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% %: its signature is of another record', TG_TABLE_NAME, NEW.id
        USING ERRCODE = 'QC009';
END $$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION products_signed_as();
DROP FUNCTION products_signature_binds();
"""


def _name(column: str) -> str:
    return f"signed_as_{column.removesuffix('_id')}"


def triggers() -> str:
    """Guards of the new tables; every signature is of the record that names it."""
    bound = [
        trigger(
            _name(column),
            f"AFTER INSERT OR UPDATE OF {column}",
            table,
            f"ROW WHEN (NEW.{column} IS NOT NULL)",
            f"products_signed_as('{column}', '{kind}')",
        )
        for table, column, kind in SIGNED_TABLES
    ]
    binds = trigger(
        "binds", "AFTER INSERT", "products_signature", "ROW", "products_signature_binds()"
    )
    return "".join([guarded(NEW_TABLES), binds, *bound])


def drop_triggers() -> str:
    dropped = [
        *((_name(column), table) for table, column, _ in SIGNED_TABLES),
        ("binds", "products_signature"),
    ]
    return "".join(f"DROP TRIGGER {name} ON {table};\n" for name, table in dropped)
