"""The tables come and go as the migrations say, guards and functions included."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connections

from products.actions.provisioning import named

PUBLISHED = "0006_invariant"


def _migrate(*target: str) -> None:
    with named("system.migrate"):
        call_command("migrate", *target, database="owner", verbosity=0)


def _ours() -> dict[str, list[str]]:
    """Our tables, functions and triggers, by kind."""
    questions = {
        "tables": "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^products_'",
        "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
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

    assert "products_factor" in first["tables"]
    assert "products_identity_is_free" in first["functions"]
    assert "products_lot" in before["tables"]
    assert "products_factor" not in before["tables"]
    assert "products_identity_is_free" not in before["functions"]
    assert _ours() == first
