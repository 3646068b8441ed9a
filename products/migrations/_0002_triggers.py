"""The guards of the tables that corrections, outside laboratories and registers came with.

Error codes as in `_0001_triggers`.
"""

from __future__ import annotations

import re

from products.migrations import _0001_triggers as first

# Table -> columns left out of the images. A file's hash stands in for the file.
NEW_TABLES: dict[str, tuple[str, ...]] = {
    "products_acknowledgement": (),
    "products_amendment": (),
    "products_calibration": (),
    "products_evidence": ("content",),
    "products_golive": (),
    "products_laboratory": (),
    "products_laboratoryqualification": (),
    "products_mediarecall": (),
    "products_note": (),
    "products_outsidereport": (),
    "products_profileassignment": (),
    "products_rejudgement": (),
    "products_roleapproval": (),
    "products_rolegrant": (),
    "products_rolerevocation": (),
    "products_runreturn": (),
    "products_secondsignature": (),
    "products_specificationchange": (),
    "products_training": (),
    "products_transcription": (),
    "products_verification": (),
}

AUDITED: dict[str, tuple[str, ...]] = {**first.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*first.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = first.REMOVABLE

FUNCTIONS = """
CREATE OR REPLACE FUNCTION products_lots_of(record_table text, image jsonb) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE key uuid; run uuid;
BEGIN
    CASE record_table
    WHEN 'products_lot' THEN RETURN ARRAY[(image->>'id')::uuid];
    WHEN 'products_lotsource', 'products_sample', 'products_run', 'products_review',
         'products_disposition', 'products_hold', 'products_investigation', 'products_note',
         'products_amendment', 'products_specificationchange', 'products_acknowledgement' THEN
        RETURN ARRAY[(image->>'lot_id')::uuid];
    WHEN 'products_lotparent' THEN
        RETURN ARRAY[(image->>'lot_id')::uuid, (image->>'parent_id')::uuid];
    WHEN 'products_reading', 'products_runsupport', 'products_runmedia', 'products_result',
         'products_outsidereport', 'products_runreturn' THEN
        run := (image->>'run_id')::uuid;
    WHEN 'products_evidence', 'products_transcription' THEN
        key := (image->>'lot_id')::uuid;
        run := (image->>'run_id')::uuid;
    WHEN 'products_verification' THEN
        SELECT t.run_id INTO run FROM public.products_transcription t
        WHERE t.id = (image->>'transcription_id')::uuid;
    WHEN 'products_reviewitem' THEN
        SELECT lot_id INTO key FROM public.products_review WHERE id = (image->>'review_id')::uuid;
    WHEN 'products_holdlift' THEN
        SELECT lot_id INTO key FROM public.products_hold WHERE id = (image->>'hold_id')::uuid;
    WHEN 'products_conclusion' THEN
        SELECT lot_id INTO key FROM public.products_investigation
        WHERE id = (image->>'investigation_id')::uuid;
    WHEN 'products_secondsignature' THEN
        SELECT lot_id INTO key FROM public.products_amendment
        WHERE id = (image->>'amendment_id')::uuid;
    WHEN 'products_rejudgement' THEN
        SELECT lot_id INTO key FROM public.products_specificationchange
        WHERE id = (image->>'change_id')::uuid;
    ELSE NULL;
    END CASE;
    IF run IS NOT NULL THEN
        SELECT lot_id INTO key FROM public.products_run WHERE id = run;
    END IF;
    RETURN CASE WHEN key IS NULL THEN ARRAY[]::uuid[] ELSE ARRAY[key] END;
END $$;

CREATE OR REPLACE FUNCTION products_recorders_of(run uuid) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.person_id FROM public.products_user u WHERE u.person_id IS NOT NULL AND u.id IN (
        SELECT recorded_by_id FROM public.products_run WHERE id = run
        UNION SELECT recorded_by_id FROM public.products_reading WHERE run_id = run
        UNION SELECT recorded_by_id FROM public.products_runsupport WHERE run_id = run
        UNION SELECT submitted_by_id FROM public.products_result WHERE run_id = run
        UNION SELECT recorded_by_id FROM public.products_amendment WHERE run_id = run
        UNION SELECT recorded_by_id FROM public.products_outsidereport WHERE run_id = run
        UNION SELECT recorded_by_id FROM public.products_transcription WHERE run_id = run)
    UNION SELECT performed_by_id FROM public.products_run
        WHERE id = run AND performed_by_id IS NOT NULL
    UNION SELECT performed_by_id FROM public.products_result WHERE run_id = run
$$;

-- A repeat may be of a run made under another specification version of the lot.
CREATE OR REPLACE FUNCTION products_run_fits() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.criterion_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.products_criterion c
        JOIN public.products_lot l ON l.specification_id = c.specification_id
        JOIN public.products_methodversion m ON m.method_id = c.method_id
        WHERE c.id = NEW.criterion_id AND l.id = NEW.lot_id AND m.id = NEW.method_version_id
    ) THEN
        RAISE EXCEPTION 'run %: its criterion is not of its lot''s specification and method',
            NEW.number USING ERRCODE = 'QC005';
    END IF;
    IF NEW.repeats_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM public.products_run r
        JOIN public.products_criterion former ON former.id = r.criterion_id
        JOIN public.products_criterion c ON c.id = NEW.criterion_id
        WHERE r.id = NEW.repeats_id AND r.lot_id = NEW.lot_id
          AND former.method_id = c.method_id AND upper(former.code) = upper(c.code)
    ) THEN
        RAISE EXCEPTION 'run %: it repeats a run of another lot or criterion', NEW.number
            USING ERRCODE = 'QC005';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION products_independent_release() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE signer uuid; profile text;
BEGIN
    IF NEW.kind NOT IN ('release', 'conditional_release') THEN
        RETURN NEW;
    END IF;
    SELECT person_id INTO signer FROM public.products_signature WHERE id = NEW.signature_id;
    SELECT p.profile INTO profile FROM public.products_profileassignment p
        JOIN public.products_lot l ON l.product_id = p.product_id
        WHERE l.id = NEW.lot_id ORDER BY p.version DESC LIMIT 1;
    IF signer = (SELECT made_by_id FROM public.products_lot WHERE id = NEW.lot_id)
       OR EXISTS (SELECT FROM public.products_run r, public.products_recorders_of(r.id) AS who
                  WHERE r.lot_id = NEW.lot_id AND r.state <> 'discarded' AND who = signer)
       OR (coalesce(profile, 'strict') <> 'phase_1_ind' AND (
           EXISTS (SELECT FROM public.products_review
                   WHERE lot_id = NEW.lot_id AND reviewer_id = signer)
           OR EXISTS (SELECT FROM public.products_secondsignature s
                      JOIN public.products_amendment a ON a.id = s.amendment_id
                      JOIN public.products_signature g ON g.id = s.signature_id
                      WHERE a.lot_id = NEW.lot_id AND a.run_id IS NOT NULL
                        AND g.person_id = signer))) THEN
        RAISE EXCEPTION 'lot %: who made, recorded or reviewed it does not release it', NEW.lot_id
            USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_second_signer() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE amended public.products_amendment; signer uuid; first_signer uuid;
BEGIN
    SELECT * INTO amended FROM public.products_amendment WHERE id = NEW.amendment_id;
    SELECT person_id INTO signer FROM public.products_signature WHERE id = NEW.signature_id;
    SELECT person_id INTO first_signer FROM public.products_signature
        WHERE id = amended.signature_id;
    IF signer = first_signer OR (amended.run_id IS NOT NULL AND signer IN (
        SELECT public.products_recorders_of(amended.run_id))) THEN
        RAISE EXCEPTION 'amendment %: its second signature is of another person', amended.number
            USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_verifier() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE signer uuid; transcribed record;
BEGIN
    SELECT person_id INTO signer FROM public.products_signature WHERE id = NEW.signature_id;
    SELECT t.number, t.run_id, u.person_id INTO transcribed
        FROM public.products_transcription t JOIN public.products_user u ON u.id = t.recorded_by_id
        WHERE t.id = NEW.transcription_id;
    IF signer = transcribed.person_id OR (transcribed.run_id IS NOT NULL AND signer IN (
        SELECT public.products_recorders_of(transcribed.run_id))) THEN
        RAISE EXCEPTION 'transcription %: another person verifies it', transcribed.number
            USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_role_approver() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM public.products_signature s, public.products_rolegrant g
        JOIN public.products_user u ON u.id = g.user_id
        WHERE s.id = NEW.signature_id AND g.id = NEW.grant_id AND u.person_id = s.person_id
    ) THEN
        RAISE EXCEPTION 'role grant %: another person signs for it', NEW.grant_id
            USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_terminal_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'lot % is % for good', OLD.number, OLD.decision USING ERRCODE = 'QC005';
END $$;

-- Only the owner, who provisions, gives a role that signs without quality's signature.
CREATE FUNCTION products_provisioned_role() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.by_provision AND NOT pg_has_role(current_user, (
        SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RAISE EXCEPTION 'role grant of %: only provisioning gives it', NEW.user_id
            USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_stamp_evidence() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    NEW.sha256 := encode(sha256(NEW.content), 'hex');
    NEW.size := length(NEW.content);
    RETURN NEW;
END $$;
"""

# Links that two columns keep together, which the ORM's single-column keys cannot.
LINKS = """
ALTER TABLE products_amendment ADD CONSTRAINT amendment_of_its_runs_lot
    FOREIGN KEY (run_id, lot_id) REFERENCES products_run (id, lot_id);
ALTER TABLE products_amendment ADD CONSTRAINT amendment_corrects_a_result_of_its_run
    FOREIGN KEY (corrects_id, run_id) REFERENCES products_result (id, run_id);
ALTER TABLE products_amendment ADD CONSTRAINT amendment_makes_a_result_of_its_run
    FOREIGN KEY (result_id, run_id) REFERENCES products_result (id, run_id);
ALTER TABLE products_note ADD CONSTRAINT note_of_its_runs_lot
    FOREIGN KEY (run_id, lot_id) REFERENCES products_run (id, lot_id);
ALTER TABLE products_runreturn ADD CONSTRAINT runreturn_of_its_runs_result
    FOREIGN KEY (result_id, run_id) REFERENCES products_result (id, run_id);
"""

DROP_LINKS = """
ALTER TABLE products_runreturn DROP CONSTRAINT runreturn_of_its_runs_result;
ALTER TABLE products_note DROP CONSTRAINT note_of_its_runs_lot;
ALTER TABLE products_amendment DROP CONSTRAINT amendment_makes_a_result_of_its_run;
ALTER TABLE products_amendment DROP CONSTRAINT amendment_corrects_a_result_of_its_run;
ALTER TABLE products_amendment DROP CONSTRAINT amendment_of_its_runs_lot;
"""

REPLACED = (
    "products_lots_of",
    "products_recorders_of",
    "products_run_fits",
    "products_independent_release",
)

TRIGGERS = (
    ("stamp_evidence", "products_evidence", "products_stamp_evidence()"),
    ("second_signer", "products_secondsignature", "products_second_signer()"),
    ("verifier", "products_verification", "products_verifier()"),
    ("role_approver", "products_roleapproval", "products_role_approver()"),
    ("provisioned_role", "products_rolegrant", "products_provisioned_role()"),
)

TERMINAL = """
CREATE TRIGGER terminal BEFORE UPDATE ON products_lot FOR EACH ROW
    WHEN (OLD.decision IN ('rejected', 'recalled', 'void')
          AND OLD.decision IS DISTINCT FROM NEW.decision)
    EXECUTE FUNCTION products_terminal_lot();
ALTER TABLE products_lot ENABLE ALWAYS TRIGGER terminal;
"""


def triggers() -> str:
    """Guard, trail and stamps of every new table, and the checks of some."""
    parts = []
    for table, omitted in NEW_TABLES.items():
        arguments = ", ".join(f"'{column}'" for column in omitted)
        parts += [
            _trigger(
                "require_action",
                "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE",
                table,
                "STATEMENT",
                "products_require_action()",
            ),
            _trigger(
                "append_only",
                "BEFORE UPDATE OR DELETE OR TRUNCATE",
                table,
                "STATEMENT",
                "products_append_only()",
            ),
            _trigger(
                "zz_audit",
                "AFTER INSERT OR UPDATE OR DELETE",
                table,
                "ROW",
                f"products_audit({arguments})",
            ),
            _trigger("stamp_recorded", "BEFORE INSERT", table, "ROW", "products_stamp_recorded()"),
        ]
    parts += [
        _trigger(name, "BEFORE INSERT", table, "ROW", function)
        for name, table, function in TRIGGERS
    ]
    return "".join([*parts, TERMINAL])


def drop_triggers() -> str:
    """For the way back: the tables go, and with them their other triggers."""
    dropped = [*((name, table) for name, table, _ in TRIGGERS), ("terminal", "products_lot")]
    return "".join(f"DROP TRIGGER {name} ON {table};\n" for name, table in dropped)


def former_functions() -> str:
    """The replaced functions as `0001_records` made them, and the new ones gone."""
    parts = []
    for name in REPLACED:
        found = re.search(rf"CREATE FUNCTION {name}\(.*?\$\$;", first.FUNCTIONS, re.DOTALL)
        if found is None:
            raise LookupError(name)
        parts.append(found[0].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    gone = ", ".join(function.removesuffix("()") for _, _, function in TRIGGERS)
    return "\n".join([*parts, f"DROP FUNCTION {gone}, products_terminal_lot;"])


def _trigger(name: str, when: str, table: str, each: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function};\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )
