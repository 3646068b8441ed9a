"""What the database itself keeps: who writes, what is written about it, and what never changes.

Error codes: QC001 no action named, QC002 history is append-only, QC003 clock, QC004 separation of
duties, QC005 an approved document or a record's links would change.
"""

from __future__ import annotations

# Table -> columns left out of the images and of the comparison: what judging writes on every
# touch, and secrets. The stamp of a password (`password_set_at`) stands in for the password.
AUDITED: dict[str, tuple[str, ...]] = {
    "products_site": (),
    "products_person": (),
    "products_user": ("password",),
    "products_user_groups": (),
    "products_user_user_permissions": (),
    "auth_group": (),
    "auth_group_permissions": (),
    "auth_permission": (),
    "products_signin": (),
    "products_signature": (),
    "products_donor": (),
    "products_determination": (),
    "products_tissuesource": (),
    "products_product": (),
    "products_method": (),
    "products_methodversion": (),
    "products_specificationversion": (),
    "products_criterion": (),
    "products_lot": ("version", "judged_at", "judged_until", "next_status"),
    "products_lotsource": (),
    "products_lotparent": (),
    "products_sample": (),
    "products_instrument": (),
    "products_medialot": (),
    "products_run": (),
    "products_runmedia": (),
    "products_reading": (),
    "products_runsupport": (),
    "products_result": (),
    "products_review": (),
    "products_reviewitem": (),
    "products_disposition": (),
    "products_hold": (),
    "products_holdlift": (),
    "products_investigation": (),
    "products_conclusion": (),
    "products_apitoken": ("digest", "token_key"),
    "products_installation": (),
}

# Changed in place by actions, column by column (see the grants); every other table only grows.
CHANGEABLE = (
    "products_user",
    "products_lot",
    "products_run",
    "products_methodversion",
    "products_specificationversion",
    "products_apitoken",
    "products_installation",
    "auth_group",
    "auth_permission",
)
# Memberships come and go; the trail keeps both.
REMOVABLE = (
    "products_user_groups",
    "products_user_user_permissions",
    "auth_group_permissions",
    "auth_permission",
)
APPEND_ONLY = (
    *(table for table in AUDITED if table not in CHANGEABLE and table not in REMOVABLE),
    "products_auditentry",
)

FUNCTIONS = """
CREATE FUNCTION products_is_demo() RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.products_installation WHERE kind = 'demo')
$$;

CREATE FUNCTION products_now() RETURNS timestamptz LANGUAGE plpgsql VOLATILE
SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE stated text := coalesce(current_setting('exolot.at', true), '');
BEGIN
    IF stated <> '' AND public.products_is_demo() THEN
        RETURN stated::timestamptz;
    END IF;
    RETURN clock_timestamp();
END $$;

CREATE FUNCTION products_begin(
    action text, actor text, actor_name text, reason text, request_id text, address text,
    stated_at timestamptz
) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF abs(extract(epoch FROM clock_timestamp() - stated_at)) > 60
       AND NOT public.products_is_demo() THEN
        RAISE EXCEPTION 'the stated time % differs from the database clock by more than a minute',
            stated_at USING ERRCODE = 'QC003';
    END IF;
    PERFORM set_config('exolot.action', action, true),
            set_config('exolot.actor', actor, true),
            set_config('exolot.actor_name', actor_name, true),
            set_config('exolot.reason', reason, true),
            set_config('exolot.request_id', request_id, true),
            set_config('exolot.address', address, true),
            set_config('exolot.at', stated_at::text, true);
END $$;

CREATE FUNCTION products_end() RETURNS void LANGUAGE sql AS $$
    SELECT set_config('exolot.action', '', true), set_config('exolot.actor', '', true),
           set_config('exolot.actor_name', '', true), set_config('exolot.reason', '', true),
           set_config('exolot.request_id', '', true), set_config('exolot.address', '', true),
           set_config('exolot.at', '', true);
$$;

CREATE FUNCTION products_require_action() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('exolot.action', true), '') = '' THEN
        RAISE EXCEPTION '% on % outside an action', TG_OP, TG_TABLE_NAME USING ERRCODE = 'QC001';
    END IF;
    RETURN NULL;  -- a statement trigger's result is ignored
END $$;

CREATE FUNCTION products_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %: history is never changed', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'QC002';
END $$;

CREATE FUNCTION products_stamp_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := public.products_now();
    RETURN NEW;
END $$;

CREATE FUNCTION products_stamp_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.signed_at := public.products_now();
    NEW.content_sha256 := encode(sha256(NEW.content), 'hex');
    RETURN NEW;
END $$;

CREATE FUNCTION products_stamp_password() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.password_set_at := public.products_now();
    RETURN NEW;
END $$;

CREATE FUNCTION products_lots_of(record_table text, image jsonb) RETURNS uuid[] LANGUAGE plpgsql
STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE key uuid;
BEGIN
    CASE record_table
    WHEN 'products_lot' THEN RETURN ARRAY[(image->>'id')::uuid];
    WHEN 'products_lotsource', 'products_sample', 'products_run', 'products_review',
         'products_disposition', 'products_hold', 'products_investigation' THEN
        RETURN ARRAY[(image->>'lot_id')::uuid];
    WHEN 'products_lotparent' THEN
        RETURN ARRAY[(image->>'lot_id')::uuid, (image->>'parent_id')::uuid];
    WHEN 'products_reading', 'products_runsupport', 'products_runmedia', 'products_result' THEN
        SELECT lot_id INTO key FROM public.products_run WHERE id = (image->>'run_id')::uuid;
    WHEN 'products_reviewitem' THEN
        SELECT lot_id INTO key FROM public.products_review WHERE id = (image->>'review_id')::uuid;
    WHEN 'products_holdlift' THEN
        SELECT lot_id INTO key FROM public.products_hold WHERE id = (image->>'hold_id')::uuid;
    WHEN 'products_conclusion' THEN
        SELECT lot_id INTO key FROM public.products_investigation
        WHERE id = (image->>'investigation_id')::uuid;
    ELSE NULL;
    END CASE;
    RETURN CASE WHEN key IS NULL THEN ARRAY[]::uuid[] ELSE ARRAY[key] END;
END $$;

-- The settings are part of the function, so that a session's own change neither the bytes of an
-- entry nor the table it goes to.
CREATE FUNCTION products_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' SET extra_float_digits = 1
SET bytea_output = 'hex' SET datestyle = 'ISO, MDY' SET intervalstyle = 'iso_8601' AS $$
DECLARE
    -- Without arguments TG_ARGV is null, and nothing minus null is an image of nothing.
    omitted text[] := coalesce(TG_ARGV, ARRAY[]::text[]);
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - omitted END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - omitted END;
    image jsonb := coalesce(after, before);
    entry uuid := uuidv7();
    instant timestamptz := clock_timestamp();
    actor text := nullif(current_setting('exolot.actor', true), '');
    actor_name text := coalesce(current_setting('exolot.actor_name', true), '');
    action text := coalesce(current_setting('exolot.action', true), '');
    reason text := coalesce(current_setting('exolot.reason', true), '');
    request_id text := coalesce(current_setting('exolot.request_id', true), '');
    address text := coalesce(current_setting('exolot.address', true), '');
    operation text := lower(TG_OP);
    lots uuid[];
    body bytea;
BEGIN
    IF before IS NOT DISTINCT FROM after THEN
        RETURN NULL;
    END IF;
    lots := public.products_lots_of(TG_TABLE_NAME, image);
    body := convert_to(jsonb_build_object(
        'format', 'exolot-audit-entry/1', 'id', entry, 'recorded_at', instant,
        'actor', actor, 'actor_name', actor_name, 'database_role', session_user,
        'action', action, 'reason', reason, 'request_id', request_id, 'address', address,
        'operation', operation, 'table', TG_TABLE_NAME, 'key', image->>'id', 'lots', lots,
        'before', before, 'after', after)::text, 'UTF8');
    INSERT INTO public.products_auditentry (
        id, recorded_at, actor, actor_name, action, reason, request_id, address, operation,
        record_table, record_id, lots, body, sha256, before, after
    ) VALUES (
        entry, instant, actor::uuid, actor_name, action, reason, request_id, address, operation,
        TG_TABLE_NAME, image->>'id', lots, body, sha256(body), before, after
    );
    RETURN NULL;
END $$;

CREATE FUNCTION products_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE may_change text[] := ARRAY['state', 'retired_at', 'retirement_id'];
BEGIN
    IF OLD.state <> 'draft' AND (
        to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change
        OR NEW.state = 'draft' OR OLD.state = 'retired'
    ) THEN
        RAISE EXCEPTION '% % is % and can no longer change', TG_TABLE_NAME, OLD.id, OLD.state
            USING ERRCODE = 'QC005';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_criterion_of_draft() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM public.products_specificationversion
        WHERE id = NEW.specification_id AND state = 'draft' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'criterion %: its specification version is approved', NEW.code
            USING ERRCODE = 'QC005';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_run_fits() RETURNS trigger LANGUAGE plpgsql
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
        WHERE r.id = NEW.repeats_id AND r.lot_id = NEW.lot_id AND r.criterion_id = NEW.criterion_id
    ) THEN
        RAISE EXCEPTION 'run %: it repeats a run of another lot or criterion', NEW.number
            USING ERRCODE = 'QC005';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_recorders_of(run uuid) RETURNS SETOF uuid LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT u.person_id FROM public.products_user u WHERE u.person_id IS NOT NULL AND u.id IN (
        SELECT recorded_by_id FROM public.products_run WHERE id = run
        UNION SELECT recorded_by_id FROM public.products_reading WHERE run_id = run
        UNION SELECT recorded_by_id FROM public.products_runsupport WHERE run_id = run
        UNION SELECT submitted_by_id FROM public.products_result WHERE run_id = run)
    UNION SELECT performed_by_id FROM public.products_run
        WHERE id = run AND performed_by_id IS NOT NULL
    UNION SELECT performed_by_id FROM public.products_result WHERE run_id = run
$$;

CREATE FUNCTION products_second_person() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE run uuid; run_lot uuid; lot uuid; reviewer uuid;
BEGIN
    SELECT r.id, r.lot_id INTO run, run_lot FROM public.products_result x
        JOIN public.products_run r ON r.id = x.run_id WHERE x.id = NEW.result_id;
    SELECT v.lot_id, v.reviewer_id INTO lot, reviewer
        FROM public.products_review v WHERE v.id = NEW.review_id;
    IF lot <> run_lot THEN
        RAISE EXCEPTION 'review %: a result of another lot', NEW.review_id
            USING ERRCODE = 'QC005';
    END IF;
    IF reviewer IN (SELECT public.products_recorders_of(run)) THEN
        RAISE EXCEPTION 'the reviewer recorded data of run %', run USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION products_independent_release() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp AS $$
DECLARE signer uuid;
BEGIN
    IF NEW.kind <> 'release' THEN
        RETURN NEW;
    END IF;
    SELECT person_id INTO signer FROM public.products_signature WHERE id = NEW.signature_id;
    IF signer = (SELECT made_by_id FROM public.products_lot WHERE id = NEW.lot_id)
       OR EXISTS (SELECT FROM public.products_review
                  WHERE lot_id = NEW.lot_id AND reviewer_id = signer)
       OR EXISTS (SELECT FROM public.products_run r, public.products_recorders_of(r.id) AS who
                  WHERE r.lot_id = NEW.lot_id AND r.state <> 'discarded' AND who = signer) THEN
        RAISE EXCEPTION 'lot %: who made, recorded or reviewed it does not release it', NEW.lot_id
            USING ERRCODE = 'QC004';
    END IF;
    RETURN NEW;
END $$;

REVOKE EXECUTE ON FUNCTION products_audit() FROM PUBLIC;
"""

# The columns beside `body` are there to search by; the bytes are what counts.
AUDIT_ENTRY = """
CREATE TABLE products_auditentry (
    id uuid PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    actor uuid,
    actor_name varchar(64) NOT NULL,
    action varchar(64) NOT NULL,
    reason text NOT NULL,
    request_id varchar(64) NOT NULL,
    address varchar(64) NOT NULL,
    operation varchar(8) NOT NULL,
    record_table varchar(64) NOT NULL,
    record_id varchar(64) NOT NULL,
    lots uuid[] NOT NULL,
    body bytea NOT NULL,
    sha256 bytea NOT NULL CHECK (sha256 = sha256(body)),
    before jsonb,
    after jsonb
);
CREATE INDEX auditentry_by_record ON products_auditentry (record_table, record_id, id);
CREATE INDEX auditentry_by_lot ON products_auditentry USING gin (lots);
"""


def _row_trigger(name: str, when: str, table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function};\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )


def _statement_trigger(name: str, when: str, table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {function};\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )


def triggers() -> str:
    """Every trigger, on every table of `AUDITED`."""
    stamped = [
        table
        for table in AUDITED
        if table.startswith("products_")
        and table
        not in (
            "products_user_groups",
            "products_user_user_permissions",
            "products_signature",
            "products_apitoken",
        )
    ]
    parts = []
    for table, omitted in AUDITED.items():
        arguments = ", ".join(f"'{column}'" for column in omitted)
        parts += [
            _statement_trigger(
                "require_action",
                "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE",
                table,
                "products_require_action()",
            ),
            _row_trigger(
                "zz_audit",
                "AFTER INSERT OR UPDATE OR DELETE",
                table,
                f"products_audit({arguments})",
            ),
        ]
        refused = "TRUNCATE" if table in REMOVABLE else "DELETE OR TRUNCATE"
        if table not in APPEND_ONLY:
            parts.append(
                _statement_trigger(
                    "append_only", f"BEFORE {refused}", table, "products_append_only()"
                )
            )
    parts += [
        _statement_trigger(
            "append_only", "BEFORE UPDATE OR DELETE OR TRUNCATE", table, "products_append_only()"
        )
        for table in APPEND_ONLY
    ]
    parts += [
        _row_trigger("stamp_recorded", "BEFORE INSERT", table, "products_stamp_recorded()")
        for table in stamped
    ]
    parts += [
        _row_trigger(
            "stamp_signed", "BEFORE INSERT", "products_signature", "products_stamp_signed()"
        ),
        _row_trigger(
            "stamp_password", "BEFORE INSERT", "products_user", "products_stamp_password()"
        ),
        (
            "CREATE TRIGGER stamp_new_password BEFORE UPDATE ON products_user FOR EACH ROW "
            "WHEN (OLD.password IS DISTINCT FROM NEW.password) "
            "EXECUTE FUNCTION products_stamp_password();\n"
            "ALTER TABLE products_user ENABLE ALWAYS TRIGGER stamp_new_password;\n"
        ),
        _row_trigger("frozen", "BEFORE UPDATE", "products_methodversion", "products_frozen()"),
        _row_trigger(
            "frozen", "BEFORE UPDATE", "products_specificationversion", "products_frozen()"
        ),
        _row_trigger(
            "of_draft", "BEFORE INSERT", "products_criterion", "products_criterion_of_draft()"
        ),
        _row_trigger("fits", "BEFORE INSERT", "products_run", "products_run_fits()"),
        _row_trigger(
            "second_person", "BEFORE INSERT", "products_reviewitem", "products_second_person()"
        ),
        _row_trigger(
            "independent_release",
            "BEFORE INSERT",
            "products_disposition",
            "products_independent_release()",
        ),
    ]
    return "".join(parts)


# Links that two columns keep together, which the ORM's single-column keys cannot.
LINKS = """
ALTER TABLE products_run ADD CONSTRAINT run_of_its_samples_lot
    FOREIGN KEY (sample_id, lot_id) REFERENCES products_sample (id, lot_id);
ALTER TABLE products_investigation ADD CONSTRAINT investigation_of_its_runs_lot
    FOREIGN KEY (run_id, lot_id) REFERENCES products_run (id, lot_id);
ALTER TABLE products_investigation ADD CONSTRAINT investigation_of_its_runs_result
    FOREIGN KEY (result_id, run_id) REFERENCES products_result (id, run_id);
"""

DROP_LINKS = """
ALTER TABLE products_investigation DROP CONSTRAINT investigation_of_its_runs_result;
ALTER TABLE products_investigation DROP CONSTRAINT investigation_of_its_runs_lot;
ALTER TABLE products_run DROP CONSTRAINT run_of_its_samples_lot;
"""

DROP_FUNCTIONS = """
DROP FUNCTION products_is_demo, products_now, products_begin, products_end,
    products_require_action, products_append_only, products_stamp_recorded,
    products_stamp_signed, products_stamp_password, products_lots_of, products_audit,
    products_frozen, products_criterion_of_draft, products_run_fits, products_recorders_of,
    products_second_person, products_independent_release CASCADE
"""
