"""The tables come and go as the migrations say, guards and functions included."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connections, migrations, models
from django.db.migrations.state import ProjectState

from products.actions.provisioning import named
from products.migrations._batches import Batched

PUBLISHED = "0009_identities"


def _migrate(*target: str) -> None:
    with named("system.migrate"):
        call_command("migrate", *target, database="owner", verbosity=0)


def _ours() -> dict[str, list[str]]:
    """Our tables, functions, indexes and triggers, by kind."""
    questions = {
        "tables": "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^products_'",
        "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "indexes": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
        "triggers": "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger "
        "WHERE NOT tgisinternal",
    }
    found = {}
    with connections["owner"].cursor() as cursor:
        for kind, question in questions.items():
            cursor.execute(question)
            found[kind] = sorted(name for (name,) in cursor.fetchall())
    return found


def test_migrations_since_the_last_published_go_back_and_forward_again(committed_db: str) -> None:
    """Those before it never change, and no database that is in use goes back behind them."""
    first = _ours()

    _migrate("products", PUBLISHED)
    before = _ours()
    _migrate()

    assert "lot_by_last_day" in first["indexes"]
    assert "lot_by_last_day" not in before["indexes"]
    assert "products_factor" in before["tables"]
    assert "products_identity_is_free" in before["functions"]
    assert _ours() == first


OPERATIONS = [
    migrations.CreateModel("Vial", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel("Box", [("id", models.BigAutoField(primary_key=True))]),
    migrations.AddField("vial", "box", models.ForeignKey("batches.box", models.PROTECT)),
    migrations.AddField("vial", "place", models.PositiveSmallIntegerField(default=1)),
    migrations.AddField("box", "first", models.ForeignKey("batches.vial", models.PROTECT)),
    migrations.AddConstraint(
        "vial", models.UniqueConstraint(fields=["box", "place"], name="batches_one_a_place")
    ),
    migrations.AlterField("vial", "place", models.PositiveSmallIntegerField(null=True)),
    migrations.AddIndex("vial", models.Index(fields=["place"], name="batches_place")),
    migrations.RunSQL("ALTER TABLE batches_box ALTER first_id DROP NOT NULL"),
    migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),
]


def test_in_batches_the_database_ends_up_as_it_does_one_by_one(committed_db: str) -> None:
    assert _made_by(Batched) == _made_by(migrations.Migration)


def _made_by(kind: type[migrations.Migration]) -> list[object]:
    """What the catalogue holds of the tables, which are gone again after it."""
    migration = type("Migration", (kind,), {"operations": OPERATIONS})("0001", "batches")
    owner = connections["owner"]
    with owner.schema_editor() as editor:
        migration.apply(ProjectState(), editor)
    with owner.cursor() as cursor:
        found: list[object] = []
        for question in (
            (
                "SELECT attrelid::regclass::text, attname, atttypid::regtype::text, attnotnull "
                "FROM pg_attribute WHERE attrelid::regclass::text ~ '^batches_' AND attnum > 0 "
                "ORDER BY 1, attnum"
            ),
            (
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid::regclass::text ~ '^batches_' ORDER BY 1"
            ),
            "SELECT indexdef FROM pg_indexes WHERE tablename ~ '^batches_' ORDER BY 1",
        ):
            cursor.execute(question)
            found += cursor.fetchall()
        cursor.execute("DROP TABLE batches_vial, batches_box, batches_shelf CASCADE")
    assert len(found) > len(OPERATIONS)
    return found
