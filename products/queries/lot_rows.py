"""What is on record of lots, as the database's own JSON: one statement for any number of lots."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

import orjson
from django.db import connection

from products.queries.past import is_past
from qcsite.database.base import DatabaseWrapper

Row = dict[str, Any]

LOTS = """
WITH RECURSIVE line (lot, ancestor) AS (
    SELECT id, id FROM products_lot WHERE id = ANY(%(lots)s)
    UNION
    SELECT line.lot, link.parent_id FROM line
    JOIN products_lotparent link ON link.lot_id = line.ancestor
),
family (lot, members) AS (SELECT lot, array_agg(ancestor) FROM line GROUP BY lot)
SELECT row_to_json(found)::text FROM (
    SELECT lot.id, lot.number, product.code AS product, product.basis, product.label_claim,
        product.fill_volume_ml, lot.decision, lot.decision_number, lot.made_by_id,
        maker.printed_name AS made_by_name, lot.made_on, lot.expires_on, lot.expires_precision,
        lot.stability_study, lot.stability_signature_id IS NOT NULL AS stability_signed,
        site.zone, lot.specification_id,
        (SELECT paper.dated_on FROM products_transcription paper
         JOIN products_verification check_ ON check_.transcription_id = paper.id
         WHERE paper.specification_id = lot.specification_id AND check_.outcome = 'confirmed'
        ) AS original_approved_on,
        (SELECT json_build_array(assigned.profile, signed.printed_name, signed.signed_at)
         FROM products_profileassignment assigned
         JOIN products_signature signed ON signed.id = assigned.signature_id
         WHERE assigned.product_id = lot.product_id ORDER BY assigned.version DESC LIMIT 1
        ) AS profile,
        (SELECT json_agg(json_build_array(before.version, after.version, change.justification,
                signed.printed_name, signed.signed_at) ORDER BY change.number)
         FROM products_specificationchange change
         JOIN products_specificationversion before ON before.id = change.from_version_id
         JOIN products_specificationversion after ON after.id = change.to_version_id
         JOIN products_signature signed ON signed.id = change.signature_id
         WHERE change.lot_id = lot.id) AS changes,
        (SELECT json_agg(json_build_array(source.id, source.number, source.kind, donor.code,
                entered.number, (
                    SELECT json_build_array(known.id, known.version, known.outcome,
                        known.determined_on, known.establishment, known.summary_of_records,
                        signed.printed_name, signed.signed_at)
                    FROM products_determination known
                    JOIN products_signature signed ON signed.id = known.signature_id
                    WHERE known.donor_id = donor.id ORDER BY known.version DESC LIMIT 1))
                ORDER BY source.id, entered.id)
         FROM products_lotsource link
         JOIN products_lot entered ON entered.id = link.lot_id
         JOIN products_tissuesource source ON source.id = link.source_id
         JOIN products_donor donor ON donor.id = source.donor_id
         WHERE link.lot_id = ANY(family.members)) AS sources,
        (SELECT json_agg(json_build_array(link.lot_id, link.parent_id))
         FROM products_lotparent link WHERE link.lot_id = ANY(family.members)) AS links,
        (SELECT json_agg(json_build_array(ancestor.id, ancestor.number, ancestor.decision, EXISTS (
                    SELECT FROM products_hold hold
                    LEFT JOIN products_holdlift lift ON lift.hold_id = hold.id
                    WHERE hold.lot_id = ancestor.id AND lift.id IS NULL)) ORDER BY ancestor.number)
         FROM products_lot ancestor
         WHERE ancestor.id = ANY(family.members) AND ancestor.id <> lot.id) AS ancestors,
        (SELECT json_agg(json_build_array(found.id, found.number, found.kind, run.number,
                found.recorded_at, coalesce(conclusion.outcome, '')) ORDER BY found.id)
         FROM products_investigation found
         JOIN products_run run ON run.id = found.run_id
         LEFT JOIN products_conclusion conclusion ON conclusion.investigation_id = found.id
         WHERE found.lot_id = ANY(family.members)) AS investigations,
        (SELECT json_agg(json_build_array(hold.id, hold.reason, hold.rule,
                coalesce(person.printed_name, account.username), hold.recorded_at,
                lift.id IS NOT NULL, hold.kind, hold.reference) ORDER BY hold.id)
         FROM products_hold hold
         JOIN products_user account ON account.id = hold.placed_by_id
         LEFT JOIN products_person person ON person.id = account.person_id
         LEFT JOIN products_holdlift lift ON lift.hold_id = hold.id
         WHERE hold.lot_id = lot.id) AS holds,
        released.signed_results,
        (SELECT json_agg(acknowledgement.results) FROM products_acknowledgement acknowledgement
         WHERE acknowledgement.lot_id = lot.id
           AND acknowledgement.recorded_at >= released.recorded_at) AS acknowledged
    FROM products_lot lot
    JOIN family ON family.lot = lot.id
    JOIN products_product product ON product.id = lot.product_id
    JOIN products_person maker ON maker.id = lot.made_by_id
    JOIN products_site site ON site.id = lot.site_id
    LEFT JOIN LATERAL (
        SELECT decision.recorded_at, coalesce((
            SELECT json_agg(json_build_array(run->>'number', run->>'result_id'))
            FROM (SELECT convert_from(signed.content, 'UTF8')::json #> '{shown,facts}'
                ) shown (facts),
                LATERAL (SELECT json_array_elements(shown.facts->'runs') UNION ALL
                         SELECT json_array_elements(shown.facts->'inherited')) AS signed_run (run)
            WHERE run->>'state' <> 'retracted'
            ), '[]') AS signed_results
        FROM products_disposition decision
        JOIN products_signature signed ON signed.id = decision.signature_id
        WHERE decision.lot_id = lot.id AND decision.kind IN ('release', 'conditional_release')
        ORDER BY decision.number DESC LIMIT 1
    ) released ON lot.decision IN ('released', 'conditionally_released')
    -- As family says; but so that no plan takes apart what was signed for every lot there is.
    WHERE lot.id = ANY(%(lots)s)
) found
"""


def lot_rows(ids: Collection[UUID]) -> list[Row]:
    """One row per lot; ids that are no lot are left out."""
    return list(rows_of(LOTS, {"lots": list(ids)}))


def rows_of(statement: str, given: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a statement that makes each of them one JSON text.

    All are read at once and taken apart one by one: thousands that wait would be looked through
    again and again by the collector of garbage.
    """
    # Such a statement takes longer to plan than to answer. One of a past instant is asked once.
    database = cast("DatabaseWrapper", connection)
    with connection.cursor() if is_past() else database.prepared_cursor() as cursor:
        cursor.execute(statement, given)
        texts = cursor.fetchall()
    return (orjson.loads(text) for (text,) in texts)


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
