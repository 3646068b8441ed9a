"""What the database keeps about the invariant of released lots, and about its backups.

Whatever a judgement reads touches the lots that it concerns: the row of the lot is written, so that
at every isolation level a release and an adverse fact meet on it, and until the lot is judged again
it is not shown as released. A lot becomes released only while its results bear that out.

Error codes as in `_0001_triggers`; QC010 a lot that is not as a released lot has to be.
"""

from __future__ import annotations

from products.migrations import _0005_triggers as former
from products.migrations._guarding import guarded, trigger

# Table -> columns left out of the images.
NEW_TABLES: dict[str, tuple[str, ...]] = {"products_backup": ()}

AUDITED: dict[str, tuple[str, ...]] = {**former.AUDITED, **NEW_TABLES}
APPEND_ONLY = (*former.APPEND_ONLY, *NEW_TABLES)
REMOVABLE = former.REMOVABLE

# Whatever a row of these says may change the judgement of a lot.
TOUCHING = (
    "products_acknowledgement",
    "products_amendment",
    "products_calibration",
    "products_conclusion",
    "products_determination",
    "products_disposition",
    "products_golive",
    "products_hold",
    "products_holdlift",
    "products_investigation",
    "products_laboratoryqualification",
    "products_lotparent",
    "products_lotsource",
    "products_mediarecall",
    "products_methodversion",
    "products_outsidereport",
    "products_profileassignment",
    "products_reading",
    "products_rejudgement",
    "products_result",
    "products_review",
    "products_reviewitem",
    "products_run",
    "products_runmedia",
    "products_runreturn",
    "products_runsupport",
    "products_secondsignature",
    "products_specificationchange",
    "products_training",
    "products_transcription",
    "products_verification",
)
# Read by judgements too, but nothing that a row of these says concerns a lot that exists already.
NOT_TOUCHING: dict[str, str] = {
    "products_criterion": "belongs to a draft; lots are bound to approved versions",
    "products_donor": "a code; what is determined of it touches",
    "products_evidence": "a file; the record that names it touches",
    "products_instrument": "a code; its calibrations touch",
    "products_laboratory": "a name; its qualifications touch",
    "products_lot": "the lot itself: guarded by the trigger on it",
    "products_medialot": "as delivered; its recall touches",
    "products_person": "a printed name",
    "products_product": "as registered; its profile touches",
    "products_sample": "as drawn; the runs on it touch",
    "products_signature": "the record that was signed touches",
    "products_site": "as registered",
    "products_specificationversion": "immutable once a lot can be bound to it",
    "products_tissuesource": "its link to a lot touches",
    "products_user": "whose account it is does not change",
}

FUNCTIONS = """
-- The lots that a row of a table concerns directly.
CREATE FUNCTION products_lots_concerned(record_table text, image jsonb) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE found uuid[];
BEGIN
    CASE record_table
    WHEN 'products_lotparent' THEN
        found := ARRAY[(image->>'lot_id')::uuid];
    WHEN 'products_profileassignment' THEN
        SELECT array_agg(id) INTO found FROM public.products_lot
        WHERE product_id = (image->>'product_id')::uuid;
    WHEN 'products_determination' THEN
        SELECT array_agg(link.lot_id) INTO found FROM public.products_lotsource link
        JOIN public.products_tissuesource source ON source.id = link.source_id
        WHERE source.donor_id = (image->>'donor_id')::uuid;
    WHEN 'products_calibration' THEN
        SELECT array_agg(DISTINCT lot_id) INTO found FROM public.products_run
        WHERE instrument_id = (image->>'instrument_id')::uuid;
    WHEN 'products_laboratoryqualification' THEN
        SELECT array_agg(DISTINCT lot_id) INTO found FROM public.products_run
        WHERE laboratory_id = (image->>'laboratory_id')::uuid;
    WHEN 'products_mediarecall' THEN
        SELECT array_agg(DISTINCT run.lot_id) INTO found FROM public.products_run run
        JOIN public.products_runmedia used ON used.run_id = run.id
        WHERE used.media_lot_id = (image->>'media_lot_id')::uuid;
    WHEN 'products_training' THEN
        SELECT array_agg(DISTINCT lot_id) INTO found FROM public.products_run
        WHERE performed_by_id = (image->>'person_id')::uuid
          AND method_version_id = (image->>'method_version_id')::uuid;
    WHEN 'products_methodversion' THEN
        SELECT array_agg(DISTINCT lot_id) INTO found FROM public.products_run
        WHERE method_version_id = (image->>'id')::uuid;
    WHEN 'products_golive' THEN
        SELECT array_agg(DISTINCT run.lot_id) INTO found FROM public.products_run run
        JOIN public.products_lot lot ON lot.id = run.lot_id
        WHERE run.from_paper AND lot.site_id = (image->>'site_id')::uuid;
    WHEN 'products_verification' THEN
        SELECT public.products_lots_concerned('products_transcription', to_jsonb(t)) INTO found
        FROM public.products_transcription t WHERE t.id = (image->>'transcription_id')::uuid;
    WHEN 'products_transcription' THEN
        SELECT array_agg(DISTINCT lot) INTO found FROM (
            SELECT lot_id FROM public.products_run WHERE id = (image->>'run_id')::uuid
               OR method_version_id = (image->>'method_version_id')::uuid
            UNION ALL SELECT id FROM public.products_lot
                WHERE specification_id = (image->>'specification_id')::uuid
            UNION ALL SELECT link.lot_id FROM public.products_lotsource link
                JOIN public.products_tissuesource source ON source.id = link.source_id
                WHERE source.id = (image->>'source_id')::uuid OR source.donor_id = (
                    SELECT donor_id FROM public.products_determination
                    WHERE id = (image->>'determination_id')::uuid)
        ) AS concerned (lot);
    ELSE
        found := public.products_lots_of(record_table, image);
    END CASE;
    RETURN coalesce(found, ARRAY[]::uuid[]);
END $$;

-- Writes each lot, and each made from it, once a transaction and in the order of their ids; names
-- them in exolot.touched, so that the action judges them again before it commits. Lots that are
-- rejected, recalled or void stay so, whatever is recorded.
CREATE FUNCTION products_touch(concerned uuid[]) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE line uuid[]; named text := coalesce(current_setting('exolot.touched', true), '');
    unjudged constant timestamptz := '1970-01-01 00:00:00+00';
BEGIN
    WITH RECURSIVE made (lot) AS (
        SELECT DISTINCT unnest(concerned)
        UNION
        SELECT link.lot_id FROM made JOIN public.products_lotparent link ON link.parent_id = made.lot
    )
    SELECT array_agg(locked.id) INTO line FROM (
        SELECT id FROM public.products_lot WHERE id IN (SELECT lot FROM made)
        ORDER BY id FOR NO KEY UPDATE) AS locked;
    IF line IS NULL THEN
        RETURN;
    END IF;
    WITH touched AS (
        UPDATE public.products_lot SET judged_until = unjudged,
            version = version + CASE WHEN judged_until = unjudged
                AND id::text = ANY(string_to_array(named, ',')) THEN 0 ELSE 1 END,
            next_status = CASE WHEN release_status IN ('released', 'conditionally_released')
                THEN 'on_hold' ELSE release_status END
        WHERE id = ANY(line) AND decision NOT IN ('rejected', 'recalled', 'void')
          AND (judged_until <> unjudged OR xmin <> pg_current_xact_id()::xid)
        RETURNING id)
    SELECT array_agg(id) INTO line FROM touched;
    IF line IS NOT NULL THEN
        PERFORM set_config('exolot.touched',
            concat_ws(',', nullif(named, ''), array_to_string(line, ',')), true);
    END IF;
END $$;

CREATE FUNCTION products_touch_by_new() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.products_touch(array_agg(DISTINCT lot)) FROM changed,
        unnest(public.products_lots_concerned(TG_TABLE_NAME, to_jsonb(changed))) AS lot;
    RETURN NULL;
END $$;

-- A row that now concerns another lot concerns both.
CREATE FUNCTION products_touch_by_both() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.products_touch(array_agg(DISTINCT lot)) FROM (
        SELECT to_jsonb(former) FROM former UNION ALL SELECT to_jsonb(changed) FROM changed
    ) AS rows (image), unnest(public.products_lots_concerned(TG_TABLE_NAME, image)) AS lot;
    RETURN NULL;
END $$;

-- Of every run of a lot that was not discarded, what counts: the version in effect under the
-- specification of today, whether it failed under any, and whether it was reviewed.
CREATE FUNCTION products_results_of(lot uuid, specification uuid)
RETURNS TABLE (run_number text, criterion uuid, method uuid, stage text, attribute text,
               failed boolean, met boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT run.number, coalesce(today.id, run.criterion_id), version.method_id, sample.stage,
        coalesce(today.attribute, own.attribute, method.attribute),
        run.state <> 'retracted' AND NOT invalidated AND coalesce(
            result.verdict = 'fail' OR EXISTS (SELECT FROM public.products_rejudgement again
                WHERE again.result_id = result.id AND again.verdict = 'fail'), false),
        run.state = 'submitted' AND NOT invalidated AND run.purpose IN ('release', 'repeat', 'retest')
            AND coalesce(result.final, false)
            AND coalesce(again.verdict, result.verdict) IN ('pass', 'report_only')
            AND EXISTS (SELECT FROM public.products_reviewitem item
                        WHERE item.result_id = result.id)
    FROM public.products_run run
    JOIN public.products_sample sample ON sample.id = run.sample_id
    JOIN public.products_methodversion version ON version.id = run.method_version_id
    JOIN public.products_method method ON method.id = version.method_id
    LEFT JOIN public.products_criterion own ON own.id = run.criterion_id
    LEFT JOIN public.products_criterion today ON today.specification_id = specification
        AND today.specification_id <> own.specification_id
        AND today.code = own.code AND today.method_id = own.method_id
    LEFT JOIN LATERAL (
        SELECT known.id, known.verdict, known.final FROM public.products_result known
        LEFT JOIN public.products_amendment amendment ON amendment.result_id = known.id
        LEFT JOIN public.products_secondsignature second ON second.amendment_id = amendment.id
        WHERE known.run_id = run.id AND (
            amendment.id IS NULL OR NOT amendment.needs_second OR second.outcome = 'confirmed')
        ORDER BY known.version DESC LIMIT 1) result ON true
    LEFT JOIN LATERAL (
        SELECT judged.verdict FROM public.products_rejudgement judged
        JOIN public.products_specificationchange change ON change.id = judged.change_id
        WHERE judged.result_id = result.id AND change.to_version_id = specification
        ORDER BY change.number DESC LIMIT 1) again ON true
    CROSS JOIN LATERAL (SELECT EXISTS (
        SELECT FROM public.products_investigation found
        JOIN public.products_conclusion conclusion ON conclusion.investigation_id = found.id
        WHERE found.result_id = result.id AND conclusion.outcome = 'invalidated')) aside (invalidated)
    WHERE run.lot_id = lot AND run.state <> 'discarded'
$$;

-- The first thing because of which a lot is not as a released lot has to be; null when it is.
CREATE FUNCTION products_why_not_released(lot uuid, specification uuid) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE why text;
BEGIN
    IF NOT EXISTS (SELECT FROM public.products_disposition
                   WHERE lot_id = lot AND kind IN ('release', 'conditional_release')) THEN
        RETURN 'nobody signed its release';
    END IF;
    IF EXISTS (SELECT FROM public.products_hold hold
               LEFT JOIN public.products_holdlift lift ON lift.hold_id = hold.id
               WHERE hold.lot_id = lot AND lift.id IS NULL) THEN
        RETURN 'it is on hold';
    END IF;
    SELECT format('run %s fails', run_number) INTO why
        FROM public.products_results_of(lot, specification) WHERE failed LIMIT 1;
    IF why IS NOT NULL THEN
        RETURN why;
    END IF;
    IF NOT EXISTS (SELECT FROM public.products_criterion
                   WHERE specification_id = specification AND required) THEN
        RETURN 'its specification requires no test';
    END IF;
    SELECT format('criterion %s has no reviewed result that meets it', asked.code) INTO why
        FROM public.products_criterion asked
        WHERE asked.specification_id = specification AND asked.required
          AND asked.satisfied_by <> 'parent'
          AND NOT EXISTS (SELECT FROM public.products_results_of(lot, specification) known
                          WHERE known.criterion = asked.id AND known.met)
        ORDER BY asked.position LIMIT 1;
    IF why IS NOT NULL THEN
        RETURN why;
    END IF;
    RETURN public.products_why_not_inherited(lot, specification);
END $$;

-- Of every direct parent, itself or a lot that it was made from has the reviewed result, and no lot
-- of the line a failing one. Limits are judged by the program.
CREATE FUNCTION products_why_not_inherited(lot uuid, specification uuid) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE line (parent, member) AS (
        SELECT link.parent_id, link.parent_id FROM public.products_lotparent link
        WHERE link.lot_id = lot
        UNION
        SELECT line.parent, link.parent_id FROM line
        JOIN public.products_lotparent link ON link.lot_id = line.member
    ),
    known AS (
        SELECT line.parent, found.* FROM line
        JOIN public.products_lot member ON member.id = line.member,
        LATERAL public.products_results_of(member.id, member.specification_id) found
    ),
    asked AS (
        SELECT * FROM public.products_criterion
        WHERE specification_id = specification AND satisfied_by = 'parent'
    )
    SELECT why FROM (
        SELECT format('run %s of a parent lot fails', known.run_number)
        FROM known JOIN asked ON asked.method_id = known.method AND asked.stage = known.stage
            AND lower(asked.attribute) = lower(known.attribute)
        WHERE known.failed
        UNION ALL
        SELECT format('criterion %s is inherited, and no parent lot has its reviewed result',
                      asked.code)
        FROM asked
        WHERE asked.required AND (
            NOT EXISTS (SELECT FROM line)
            OR EXISTS (SELECT FROM line WHERE NOT EXISTS (
                SELECT FROM known WHERE known.parent = line.parent AND known.met
                    AND known.method = asked.method_id AND known.stage = asked.stage
                    AND lower(known.attribute) = lower(asked.attribute))))
    ) AS reasons (why) LIMIT 1
$$;

CREATE FUNCTION products_released_lot() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE why text;
BEGIN
    IF NEW.decision NOT IN ('released', 'conditionally_released') THEN
        why := 'its last decision is no release';
    ELSE
        why := public.products_why_not_released(NEW.id, NEW.specification_id);
    END IF;
    IF why IS NOT NULL THEN
        RAISE EXCEPTION 'lot % cannot be released: %', NEW.number, why USING ERRCODE = 'QC010';
    END IF;
    RETURN NEW;
END $$;
"""

# The names of an action end with it, those of the lots that it touched too.
END = """
CREATE OR REPLACE FUNCTION products_end() RETURNS void LANGUAGE sql AS $$
    SELECT set_config('exolot.action', '', true), set_config('exolot.actor', '', true),
           set_config('exolot.actor_name', '', true), set_config('exolot.reason', '', true),
           set_config('exolot.request_id', '', true), set_config('exolot.address', '', true),
           set_config('exolot.at', '', true), set_config('exolot.touched', '', true);
$$;
"""

FORMER_END = """
CREATE OR REPLACE FUNCTION products_end() RETURNS void LANGUAGE sql AS $$
    SELECT set_config('exolot.action', '', true), set_config('exolot.actor', '', true),
           set_config('exolot.actor_name', '', true), set_config('exolot.reason', '', true),
           set_config('exolot.request_id', '', true), set_config('exolot.address', '', true),
           set_config('exolot.at', '', true);
$$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION products_released_lot, products_why_not_inherited, products_why_not_released,
    products_results_of, products_touch_by_both, products_touch_by_new, products_touch,
    products_lots_concerned CASCADE
"""

# Whenever a lot is said to be released, now or next, and whenever it is decided to be. A touched lot
# keeps the word that nobody reads until it is judged again.
RELEASED = """
CREATE TRIGGER zz_released BEFORE INSERT OR UPDATE ON products_lot FOR EACH ROW
    WHEN ((NEW.release_status IN ('released', 'conditionally_released')
           AND NEW.judged_until > '1970-01-01 00:00:00+00')
          OR NEW.next_status IN ('released', 'conditionally_released'))
    EXECUTE FUNCTION products_released_lot();
ALTER TABLE products_lot ENABLE ALWAYS TRIGGER zz_released;
CREATE TRIGGER zz_decided BEFORE UPDATE ON products_lot FOR EACH ROW
    WHEN (OLD.decision IS DISTINCT FROM NEW.decision
          AND NEW.decision IN ('released', 'conditionally_released'))
    EXECUTE FUNCTION products_released_lot();
ALTER TABLE products_lot ENABLE ALWAYS TRIGGER zz_decided;
"""


def triggers() -> str:
    """Guards of the new table; and statement triggers: one write of a lot however many rows come."""
    parts = [guarded(NEW_TABLES)]
    for table in TOUCHING:
        parts += [
            trigger(
                "touch_by_insert",
                "AFTER INSERT",
                f"{table} REFERENCING NEW TABLE AS changed",
                "STATEMENT",
                "products_touch_by_new()",
            ),
            trigger(
                "touch_by_update",
                "AFTER UPDATE",
                f"{table} REFERENCING OLD TABLE AS former NEW TABLE AS changed",
                "STATEMENT",
                "products_touch_by_both()",
            ),
            trigger(
                "touch_by_delete",
                "AFTER DELETE",
                f"{table} REFERENCING OLD TABLE AS changed",
                "STATEMENT",
                "products_touch_by_new()",
            ),
        ]
    return "".join([*parts, RELEASED])


DROP_TRIGGERS = (
    "".join(
        f"DROP TRIGGER touch_by_{event} ON {table};\n"
        for table in TOUCHING
        for event in ("insert", "update", "delete")
    )
    + "DROP TRIGGER zz_released ON products_lot; DROP TRIGGER zz_decided ON products_lot;"
)
