"""What is on record of runs, and of what they rest on: two statements for any number of lots."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from products.queries.lot_rows import Row, rows_of

RUNS = """
WITH recorder (run_id, person_id) AS (
    SELECT recorded.run_id, account.person_id FROM (
        SELECT id, recorded_by_id FROM products_run
            WHERE lot_id = ANY(%(lots)s::uuid[])
        UNION SELECT run.id, data.recorded_by_id FROM products_run run
            JOIN products_reading data ON data.run_id = run.id
            WHERE run.lot_id = ANY(%(lots)s::uuid[])
        UNION SELECT run.id, data.recorded_by_id FROM products_run run
            JOIN products_runsupport data ON data.run_id = run.id
            WHERE run.lot_id = ANY(%(lots)s::uuid[])
        UNION SELECT run.id, data.submitted_by_id FROM products_run run
            JOIN products_result data ON data.run_id = run.id
            WHERE run.lot_id = ANY(%(lots)s::uuid[])
        UNION SELECT run.id, data.recorded_by_id FROM products_run run
            JOIN products_amendment data ON data.run_id = run.id
            WHERE run.lot_id = ANY(%(lots)s::uuid[])
        UNION SELECT run.id, data.recorded_by_id FROM products_run run
            JOIN products_outsidereport data ON data.run_id = run.id
            WHERE run.lot_id = ANY(%(lots)s::uuid[])
        UNION SELECT run.id, data.recorded_by_id FROM products_run run
            JOIN products_transcription data ON data.run_id = run.id
            WHERE run.lot_id = ANY(%(lots)s::uuid[])
    ) recorded (run_id, account_id)
    JOIN products_user account ON account.id = recorded.account_id
    WHERE account.person_id IS NOT NULL
    UNION SELECT id, performed_by_id FROM products_run
        WHERE lot_id = ANY(%(lots)s::uuid[]) AND performed_by_id IS NOT NULL
    UNION SELECT run.id, data.performed_by_id FROM products_run run
        JOIN products_result data ON data.run_id = run.id
        WHERE run.lot_id = ANY(%(lots)s::uuid[])
),
recorders (run_id, people) AS (
    SELECT recorder.run_id, json_object_agg(person.id, person.printed_name)
    FROM recorder JOIN products_person person ON person.id = recorder.person_id
    GROUP BY recorder.run_id
)
SELECT row_to_json(found)::text FROM (
    SELECT run.id, run.lot_id, run.number, lot.number AS lot, site.zone, run.criterion_id,
        criterion.code AS criterion_code, criterion.attribute, criterion.category,
        lot.specification_id, criterion.specification_id AS criterion_of, (
            SELECT json_build_array(now.id, now.code, now.attribute, now.category)
            FROM products_criterion now
            WHERE now.specification_id = lot.specification_id
              AND now.specification_id <> criterion.specification_id
              AND now.code = criterion.code AND now.method_id = criterion.method_id
        ) AS criterion_now,
        (SELECT change.recorded_at FROM products_specificationchange change
         WHERE change.lot_id = lot.id ORDER BY change.number DESC LIMIT 1) AS changed_at,
        run.purpose, run.state, sample.number AS sample_number, sample.stage AS sample_stage,
        run.method_version_id, run.performed_at, run.performed_by_id,
        performer.printed_name AS performed_by_name, run.instrument_id, run.laboratory_id,
        run.from_paper, repeated.number AS repeats, recorders.people AS recorders,
        (SELECT min(submitted.recorded_at) FROM products_result submitted
         WHERE submitted.run_id = run.id) AS first_submitted_at,
        result.id AS result_id, result.version AS result_version, result.verdict,
        result.raw_text, result.reported, result.unit, result.final, result.final_at,
        result.explanation, result.details, result.recorded_at AS result_recorded_at,
        (SELECT json_agg(json_build_array(again.verdict, again.reported, again.unit,
                again.explanation, change.to_version_id) ORDER BY change.number)
         FROM products_rejudgement again
         JOIN products_specificationchange change ON change.id = again.change_id
         WHERE again.result_id = result.id) AS rejudged,
        EXISTS (SELECT FROM products_investigation found
                JOIN products_conclusion conclusion ON conclusion.investigation_id = found.id
                WHERE found.result_id = result.id AND conclusion.outcome = 'invalidated'
        ) AS invalidated,
        review.reviewer_id, reviewer.printed_name AS reviewer_name,
        review_signed.signed_at AS reviewed_at, compared.sha256 AS compared_with,
        (SELECT pending.number FROM products_amendment pending
         LEFT JOIN products_secondsignature second ON second.amendment_id = pending.id
         WHERE pending.run_id = run.id AND pending.needs_second AND second.id IS NULL
         ORDER BY pending.recorded_at LIMIT 1) AS pending_amendment,
        (SELECT json_agg(DISTINCT signed.person_id) FROM products_amendment amendment
         JOIN products_secondsignature second ON second.amendment_id = amendment.id
         JOIN products_signature signed ON signed.id = second.signature_id
         WHERE amendment.run_id = run.id) AS confirmers,
        (SELECT json_agg(json_build_array(latest.kind, latest.document_number, latest.dated_on,
                latest.outcome, latest.signed_by) ORDER BY latest.kind)
         FROM (SELECT DISTINCT ON (support.kind) support.* FROM products_runsupport support
               WHERE support.run_id = run.id ORDER BY support.kind, support.sequence DESC) latest
        ) AS supports,
        (SELECT json_agg(used.media_lot_id ORDER BY used.media_lot_id)
         FROM products_runmedia used WHERE used.run_id = run.id) AS media,
        (SELECT json_build_array(report.report_number, report.reported_on, report.signed_by,
                report.system, report.controls, report.started_on, report.ended_on, file.sha256)
         FROM products_outsidereport report
         JOIN products_evidence file ON file.id = report.evidence_id
         WHERE report.run_id = run.id ORDER BY report.sequence DESC LIMIT 1) AS report,
        (SELECT json_build_array(paper.number, paper.signatory, paper.dated_on, file.sha256,
                signed.person_id, signed.printed_name, live.on)
         FROM products_transcription paper
         JOIN products_evidence file ON file.id = paper.evidence_id
         LEFT JOIN products_golive live ON live.site_id = site.id
         LEFT JOIN products_verification verified
            ON verified.transcription_id = paper.id AND verified.outcome = 'confirmed'
         LEFT JOIN products_signature signed ON signed.id = verified.signature_id
         WHERE paper.run_id = run.id) AS paper
    FROM products_run run
    JOIN products_lot lot ON lot.id = run.lot_id
    JOIN products_site site ON site.id = lot.site_id
    JOIN products_sample sample ON sample.id = run.sample_id
    LEFT JOIN recorders ON recorders.run_id = run.id
    LEFT JOIN products_criterion criterion ON criterion.id = run.criterion_id
    LEFT JOIN products_person performer ON performer.id = run.performed_by_id
    LEFT JOIN products_run repeated ON repeated.id = run.repeats_id
    LEFT JOIN LATERAL (
        SELECT version.* FROM products_result version
        LEFT JOIN products_amendment amendment ON amendment.result_id = version.id
        LEFT JOIN products_secondsignature second ON second.amendment_id = amendment.id
        WHERE version.run_id = run.id AND (
            amendment.id IS NULL OR NOT amendment.needs_second OR second.outcome = 'confirmed')
        ORDER BY version.version DESC LIMIT 1
    ) result ON true
    LEFT JOIN products_reviewitem item ON item.result_id = result.id
    LEFT JOIN products_review review ON review.id = item.review_id
    LEFT JOIN products_person reviewer ON reviewer.id = review.reviewer_id
    LEFT JOIN products_signature review_signed ON review_signed.id = review.signature_id
    LEFT JOIN products_evidence compared ON compared.id = item.compared_with_id
    WHERE run.lot_id = ANY(%(lots)s::uuid[]) AND run.state <> 'discarded'
    ORDER BY run.recorded_at, run.number
) found
"""

# Each kind of record once, however many runs rest on it. Of discarded runs too: one that is set
# aside after the runs were read is still among those.
SUPPORTING = """
WITH used AS (
    SELECT id, instrument_id, laboratory_id, performed_by_id, method_version_id
    FROM products_run WHERE lot_id = ANY(%(lots)s::uuid[])
)
SELECT json_build_object('kind', kind, 'id', id, 'is', found)::text FROM (
    SELECT 'instrument' AS kind, instrument.id::text AS id, json_build_array(instrument.code, (
        SELECT json_agg(json_build_array(calibration.id, calibration.calibrated_on,
            calibration.valid_until, calibration.outcome, calibration.unreliable_since)
            ORDER BY calibration.id)
        FROM products_calibration calibration WHERE calibration.instrument_id = instrument.id
    )) AS found
    FROM products_instrument instrument
    WHERE instrument.id IN (SELECT instrument_id FROM used)
    UNION ALL
    SELECT 'media', media.id::text, json_build_array(media.material, media.number,
        media.expires_on, coalesce((
            SELECT string_agg(recall.reason, '; ' ORDER BY recall.recorded_at, recall.id)
            FROM products_mediarecall recall WHERE recall.media_lot_id = media.id), ''))
    FROM products_medialot media
    WHERE media.id IN (SELECT link.media_lot_id FROM products_runmedia link
                       JOIN used ON used.id = link.run_id)
    UNION ALL
    SELECT 'laboratory', laboratory.id::text, json_build_array(laboratory.code, laboratory.name, (
        SELECT json_build_array(known.qualified_from, known.qualified_until, known.document,
            signed.printed_name)
        FROM products_laboratoryqualification known
        JOIN products_signature signed ON signed.id = known.signature_id
        WHERE known.laboratory_id = laboratory.id ORDER BY known.version DESC LIMIT 1))
    FROM products_laboratory laboratory
    WHERE laboratory.id IN (SELECT laboratory_id FROM used)
    UNION ALL
    SELECT 'training', training.person_id || ' ' || training.method_version_id,
        json_agg(json_build_array(training.id, training.trained_on, training.valid_until,
            training.document, signed.printed_name) ORDER BY training.id)
    FROM (SELECT DISTINCT performed_by_id, method_version_id FROM used) performed
    JOIN products_training training ON training.person_id = performed.performed_by_id
        AND training.method_version_id = performed.method_version_id
    JOIN products_signature signed ON signed.id = training.signature_id
    GROUP BY training.person_id, training.method_version_id
    UNION ALL
    SELECT 'method', method.id::text, json_build_array(method.retired_at, (
        SELECT paper.dated_on FROM products_transcription paper
        JOIN products_verification verified ON verified.transcription_id = paper.id
        WHERE paper.method_version_id = method.id AND verified.outcome = 'confirmed'))
    FROM products_methodversion method
    WHERE method.id IN (SELECT method_version_id FROM used)
) supporting
"""


def run_rows(lots: Collection[str]) -> Iterator[Row]:
    """Every run of the lots that was not discarded, oldest first."""
    return rows_of(RUNS, {"lots": list(lots)})


def supporting_rows(lots: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    """Kind of record -> its key -> what is on record of it."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in rows_of(SUPPORTING, {"lots": list(lots)}):
        found[row["kind"]][row["id"]] = row["is"]
    return found
