"""Guards read from the text of migrations, in the order in which they run."""

from __future__ import annotations

from products.domain.guards import differences, guards_said_by, trigger_of

KEEPS = """
CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
BEGIN
    -- DROP TRIGGER kept ON record
    RETURN NEW;
END $$;
"""
KEPT = """
CREATE TRIGGER kept BEFORE UPDATE OF text, unit OR DELETE ON record FOR EACH ROW
    WHEN (OLD.state <> 'draft') EXECUTE FUNCTION keeps('text', 'unit');
ALTER TABLE record ENABLE ALWAYS TRIGGER kept;
"""


def test_a_function_is_its_body_its_rights_and_its_settings() -> None:
    function = guards_said_by([KEEPS]).functions["keeps"]

    assert len(function.body_sha256) == 64
    assert function.with_owners_rights
    assert function.settings == {"search_path=pg_catalog,pg_temp", "timezone=utc"}


def test_a_trigger_is_all_that_it_does() -> None:
    trigger = guards_said_by([KEEPS, KEPT]).triggers["record", "kept"]

    assert (trigger.function, trigger.timing, trigger.level) == ("keeps", "BEFORE", "ROW")
    assert trigger.events == {"UPDATE", "DELETE"}
    assert trigger.arguments == ("text", "unit")
    assert trigger.conditional
    assert trigger.always


def test_transition_tables_are_read_over() -> None:
    said = guards_said_by(
        [
            (
                "CREATE TRIGGER touch AFTER INSERT ON record REFERENCING NEW TABLE AS added "
                "FOR EACH STATEMENT EXECUTE FUNCTION touches();"
            )
        ]
    )

    trigger = said.triggers["record", "touch"]
    assert (trigger.level, trigger.conditional, trigger.always) == ("STATEMENT", False, False)


def test_a_later_migration_replaces_and_drops() -> None:
    replaced = KEEPS.replace("RETURN NEW", "RETURN OLD").replace("CREATE", "CREATE OR REPLACE", 1)
    first, second = guards_said_by([KEEPS, KEPT]), guards_said_by([KEEPS, KEPT, replaced])
    dropped = guards_said_by(
        [KEEPS, KEPT, "DROP TRIGGER kept ON record; DROP FUNCTION keeps() CASCADE;"]
    )

    assert list(differences(first, second)) == ["the function keeps was altered (body sha256)"]
    assert dropped == guards_said_by([])


def test_what_a_body_says_is_not_run() -> None:
    assert ("record", "kept") in guards_said_by([KEPT, KEEPS]).triggers


def test_the_databases_own_bits_say_the_same() -> None:
    said = guards_said_by([KEEPS, KEPT]).triggers["record", "kept"]

    # Row 1, before 2, delete 8, update 16.
    found = trigger_of("keeps", 1 + 2 + 8 + 16, ["text", "unit"], conditional=True, always=True)
    after = trigger_of("touches", 4 + 32, [], conditional=False, always=False)

    assert found == said
    assert (after.timing, after.level) == ("AFTER", "STATEMENT")
    assert after.events == {"INSERT", "TRUNCATE"}
