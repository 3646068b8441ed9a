"""All lots of a list as the database itself writes CSV: each column one expression.

What a cell says is what `products.api.shown_lots` makes of a `LotRow`; a test holds both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from products.domain.lots import STATUS_LABELS
from products.domain.products import BASIS_LABELS
from products.domain.sources import TISSUE_LABELS
from products.models import Lot
from products.queries.lots import STATUS_AT


def _text(words: str) -> str:
    return "'" + words.replace("'", "''").replace("%", "%%") + "'"


def _label(column: str, labels: Mapping[Any, str]) -> str:
    cases = " ".join(f"WHEN {_text(word)} THEN {_text(of)}" for word, of in labels.items())
    return f"CASE {column} {cases} ELSE {column} END"


# RFC 3986, 3.3: what stands in a path as it is; a slash is written as a tilde.
_PLAIN = r"[-A-Za-z0-9._~!$&''()*+,;=:@]"


def _in_path(name: str) -> str:
    return f"""
CASE WHEN {name} ~ '^{_PLAIN}*$' THEN {name} ELSE (
    SELECT string_agg(CASE WHEN letter = '/' THEN '~' WHEN letter ~ '{_PLAIN}' THEN letter ELSE
        upper(regexp_replace(encode(convert_to(letter, 'UTF8'), 'hex'), '(..)', '%%\\1', 'g'))
        END, '' ORDER BY place)
    FROM regexp_split_to_table({name}, '') WITH ORDINALITY AS part (letter, place)
) END"""  # noqa: S608  # our own words


def _of_block(member: str) -> str:
    """A value of each reason on a line of its own, line breaks in it as they are written."""
    escaped = f"replace(coalesce({member}, ''), '\\', '\\\\')"
    for letter, written in (("\\r", "\\r"), ("\\n", "\\n")):
        escaped = f"replace({escaped}, E'{letter}', '{written}')"
    return f"nullif(string_agg({escaped}, E'\\n' ORDER BY place), '')"


_BASIS = f"""
{_label("product.basis", BASIS_LABELS)}
    || CASE WHEN product.basis_reference = '' THEN ''
            ELSE ' (' || product.basis_reference || ')' END"""
_MEMBERS = ("rule", "code", "message", "record", "source", "clears")
_MIDNIGHT = "(shown.last_day + 1)::timestamp"
CELLS: Mapping[str, str] = {
    "number": "lot.number",
    "product": "product.code",
    "status": "shown.status",
    "status_label": _label("shown.status", STATUS_LABELS),
    "basis": "product.basis",
    **{f"blocks.{member}": f"block.{member}" for member in _MEMBERS},
    "to_be_judged_again": "CASE WHEN lot.judged_until <= %(now)s THEN 'true' ELSE 'false' END",
    "made_on": "lot.made_on",
    "expires.text": """CASE
        WHEN lot.expires_on IS NULL AND lot.stability_study = '' THEN 'not recorded'
        WHEN lot.expires_on IS NULL THEN 'none: under stability study ' || lot.stability_study
            || CASE WHEN lot.stability_signature_id IS NULL THEN ' (not signed)'
                    ELSE ' (signed)' END
        WHEN lot.expires_precision = 'month' THEN to_char(lot.expires_on, 'YYYY-MM')
            || ' (last day ' || shown.last_day || ', ' || site.zone || ')'
        ELSE lot.expires_on || ' (' || site.zone || ')' END""",
    "expires.on": "shown.last_day",
    "expires.precision": "nullif(lot.expires_precision, '')",
    # Where midnight comes twice it is the first of the two.
    "expires.ends_at": f"""CASE WHEN shown.last_day >= '9999-12-30' THEN '9999-12-31T00:00:00Z'
        ELSE to_char(CASE WHEN (ends.at - interval '1 hour') AT TIME ZONE site.zone = {_MIDNIGHT}
            THEN ends.at - interval '1 hour' ELSE ends.at END AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"') END""",
    "tissues.kind": "tissue.kinds",
    "tissues.label": "tissue.labels",
    "site": "site.name",
    "specification_version": "specification.version",
    "version": "lot.version",
    **{
        f"links.{page}": f"%({page}_before)s || named.lot || %({page}_after)s"
        for page in ("self", "evaluation", "results", "samples")
    },
    "links.specification": "%(specification_before)s || product.in_path || "
    "%(specification_between)s || specification.version || %(specification_after)s",
}
"""Of each column of the list what stands in its cell; null where that is empty."""

# What is said more than once of a lot is worked out once: that is what OFFSET 0 is for.
STATEMENT = """
COPY (
WITH RECURSIVE product AS MATERIALIZED (
    SELECT id, code, {basis} AS basis, {product_in_path} AS in_path FROM products_product product
),
chosen AS MATERIALIZED ({chosen}),
line (lot, ancestor) AS (
    SELECT id, id FROM chosen
    UNION
    SELECT line.lot, link.parent_id FROM line
    JOIN products_lotparent link ON link.lot_id = line.ancestor
),
tissue (lot, kinds, labels) AS (
    SELECT lot, string_agg(kind, E'\\n' ORDER BY kind), string_agg({label}, E'\\n' ORDER BY kind)
    FROM (
        SELECT DISTINCT line.lot, source.kind FROM line
        JOIN products_lotsource entry ON entry.lot_id = line.ancestor
        JOIN products_tissuesource source ON source.id = entry.source_id
    ) found GROUP BY lot
)
SELECT {cells}, lot.id
FROM chosen
JOIN products_lot lot ON lot.id = chosen.id
JOIN product ON product.id = lot.product_id
JOIN products_site site ON site.id = lot.site_id
JOIN products_specificationversion specification ON specification.id = lot.specification_id
LEFT JOIN tissue ON tissue.lot = lot.id
CROSS JOIN LATERAL (
    SELECT {status},
        CASE WHEN lot.expires_precision = 'month'
             THEN (date_trunc('month', lot.expires_on) + interval '1 month - 1 day')::date
             ELSE lot.expires_on END
    OFFSET 0
) shown (status, last_day)
CROSS JOIN LATERAL (SELECT {midnight} AT TIME ZONE site.zone OFFSET 0) ends (at)
CROSS JOIN LATERAL (SELECT {lot_in_path} OFFSET 0) named (lot)
LEFT JOIN LATERAL (
    SELECT {blocks}
    FROM ROWS FROM (jsonb_to_recordset(lot.blocks) AS (rule text, code text, message text,
        record text, source text, clears text)) WITH ORDINALITY
        AS found (rule, code, message, record, source, clears, place)
    WHERE lot.blocks <> '[]'
) block ({members}) ON true
ORDER BY {order}
) TO STDOUT (FORMAT csv)
"""


def lots_as_csv(
    lots: QuerySet[Lot, Any], order: Sequence[str], columns: Sequence[str], given: Mapping[str, Any]
) -> tuple[list[bytes], UUID | None]:
    """One line for each of ``lots`` (as `lot_places` gives them, cut to a page), and the key of the
    last. ``given``: ``now``, and of each page that is linked what stands around the names.

    All are read at once: while the client takes them, the database waits for nothing, and ends a
    transaction in which nothing is asked for too long.
    """
    try:
        chosen = _with_values(*lots.query.sql_with_params())
    except EmptyResultSet:
        # What a filter names is not on record.
        return [], None
    whole = _with_values(_statement(tuple(columns), tuple(order)), given)
    with connection.cursor() as cursor, cursor.copy(whole.replace(_CHOSEN, chosen)) as copy:
        lines = [bytes(line) for line in copy]
    last = UUID(lines[-1][-KEY_LENGTH:-1].decode()) if lines else None
    return [line[: -KEY_LENGTH - 1] for line in lines], last


def _with_values(sql: str, values: Any) -> str:
    """As the driver would send it: a COPY takes no parameters."""
    return str(connection.ops.compose_sql(sql, values))  # type: ignore[attr-defined]  # PostgreSQL's


KEY_LENGTH = len(f"{UUID(int=0)}\n")
"""Of the key behind the cells, with the line feed; the comma before it is one more."""
_CHOSEN = "SELECT chosen_here"


@lru_cache(maxsize=64)
def _statement(columns: tuple[str, ...], order: tuple[str, ...]) -> str:
    return STATEMENT.format(
        chosen=_CHOSEN,
        basis=_BASIS,
        label=_label("kind", TISSUE_LABELS),
        cells=", ".join(CELLS[column] for column in columns),
        status=STATUS_AT,
        midnight=_MIDNIGHT,
        lot_in_path=_in_path("lot.number"),
        product_in_path=_in_path("product.code"),
        blocks=", ".join(_of_block(f"found.{member}") for member in _MEMBERS),
        members=", ".join(_MEMBERS),
        order=", ".join(
            f"chosen.{field.removeprefix('-')}{' DESC' * field.startswith('-')}" for field in order
        ),
    )
