"""The statements that put a table under guard; those of 0001 and 0002 stand in their own files."""

from __future__ import annotations

from collections.abc import Mapping


def trigger(name: str, when: str, table: str, each: str, function: str) -> str:
    """A trigger that no session can switch off; ``table`` may go on with its transition tables."""
    return (
        f"CREATE TRIGGER {name} {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {function};\n"
        f"ALTER TABLE {table.split(maxsplit=1)[0]} ENABLE ALWAYS TRIGGER {name};\n"
    )


def guarded(tables: Mapping[str, tuple[str, ...]]) -> str:
    """Guard, trail and stamp of insert-only tables; table -> columns left out of the images."""
    parts = []
    for table, omitted in tables.items():
        arguments = ", ".join(f"'{column}'" for column in omitted)
        parts += [
            trigger(
                "require_action",
                "BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE",
                table,
                "STATEMENT",
                "products_require_action()",
            ),
            trigger(
                "append_only",
                "BEFORE UPDATE OR DELETE OR TRUNCATE",
                table,
                "STATEMENT",
                "products_append_only()",
            ),
            trigger(
                "zz_audit",
                "AFTER INSERT OR UPDATE OR DELETE",
                table,
                "ROW",
                f"products_audit({arguments})",
            ),
            trigger("stamp_recorded", "BEFORE INSERT", table, "ROW", "products_stamp_recorded()"),
        ]
    return "".join(parts)
