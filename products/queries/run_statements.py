"""The statements by which the database writes runs as JSON, put together from named parts.

All parts are constants; what a client sends only ever comes as a parameter.
"""

from __future__ import annotations

from collections.abc import Iterable

FILE = ("id", "name", "media_type", "size", "sha256")
SIGNATURE = ("printed_name", "signed_at", "zone", "meaning", "reason", "content_sha256")


def _sql(*parts: str) -> str:
    return " ".join(parts)


def _object(members: dict[str, str]) -> str:
    pairs = ", ".join(f"'{key}', {of}" for key, of in members.items())
    return f"json_build_object({pairs})"


def _columns(table: str, names: Iterable[str]) -> dict[str, str]:
    return {name: f"{table}.{name}" for name in names}


def _list(what: str, rest: str, order: str) -> str:
    """``what`` of each row of ``rest`` as a list, an empty one where there are no rows."""
    return _sql("(SELECT coalesce(json_agg(", what, "ORDER BY", order, "), '[]')", rest, ")")


def _name(account: str) -> str:
    """The name of the person, or else of the account, whose id is in the column."""
    return _sql(
        "(SELECT coalesce(person.printed_name, account.username) FROM products_user account",
        "LEFT JOIN products_person person ON person.id = account.person_id",
        "WHERE account.id =",
        account,
        ")",
    )


_SIGNED = _object(_columns("signed", SIGNATURE))
_FILE = _object(_columns("file", FILE))
_SECOND = "LEFT JOIN products_secondsignature second ON second.amendment_id = made_by.id"
_MADE = {
    "amendment": "made_by.number",
    "needs_second": "made_by.needs_second",
    "second": "second.outcome",
}

_CONCLUSION = _sql(
    "(SELECT",
    _object(
        {
            "investigation": "found.number",
            "cause": "conclusion.cause",
            "evidence": "conclusion.evidence",
            "signature": _SIGNED,
        }
    ),
    """FROM products_investigation found
    JOIN products_conclusion conclusion ON conclusion.investigation_id = found.id
    JOIN products_signature signed ON signed.id = conclusion.signature_id
    WHERE found.result_id = result.id AND conclusion.outcome = 'invalidated'
    ORDER BY found.number LIMIT 1)""",
)
_REVIEW = _sql(
    "(SELECT",
    _object(
        {
            "comment": "review.comment",
            "compared_with": _sql("CASE WHEN file.id IS NOT NULL THEN", _FILE, "END"),
            "signature": _SIGNED,
        }
    ),
    """FROM products_reviewitem item
    JOIN products_review review ON review.id = item.review_id
    JOIN products_signature signed ON signed.id = review.signature_id
    LEFT JOIN products_evidence file ON file.id = item.compared_with_id
    WHERE item.result_id = result.id)""",
)
_JUDGED_AGAIN = _list(
    _object(
        {"specification_version": "later.version"}
        | _columns("again", ("verdict", "reported", "unit", "explanation"))
    ),
    """FROM products_rejudgement again
    JOIN products_specificationchange change ON change.id = again.change_id
    JOIN products_specificationversion later ON later.id = change.to_version_id
    WHERE again.result_id = result.id""",
    "change.number",
)
_RESULTS = _list(
    _object(
        _columns("result", ("id", "version", "verdict", "reported", "unit", "final", "final_at"))
        | _columns("result", ("explanation", "details", "reason", "recorded_at"))
        | _MADE
        | {
            "corrects": "made_by.corrects_id",
            "raw_value": "result.raw_text",
            "judgements": _JUDGED_AGAIN,
            "submitted_by": _name("result.submitted_by_id"),
            "performed_by": "performer.printed_name",
            "review": _REVIEW,
            "investigation": """(SELECT min(found.number) FROM products_investigation found
                WHERE found.result_id = result.id)""",
            "invalidated_by": _CONCLUSION,
        }
    ),
    _sql(
        """FROM products_result result
        JOIN products_person performer ON performer.id = result.performed_by_id
        LEFT JOIN products_amendment made_by ON made_by.result_id = result.id""",
        _SECOND,
        "WHERE result.run_id = run.id",
    ),
    "result.version",
)
_REPORTS = _list(
    _object(
        _columns("report", ("sequence", "report_number", "reported_on", "signed_by", "system"))
        | _columns("report", ("controls", "controls_text", "started_on", "ended_on", "recorded_at"))
        | {"evidence": _FILE, "recorded_by": _name("report.recorded_by_id")}
    ),
    """FROM products_outsidereport report
    JOIN products_evidence file ON file.id = report.evidence_id
    WHERE report.run_id = run.id""",
    "report.sequence",
)
_VERIFICATION = _object(_columns("verified", ("outcome", "comment")) | {"signature": _SIGNED})
_TRANSCRIPTION = _sql(
    "(SELECT",
    _object(
        _columns("paper", ("number", "signatory", "dated_on", "recorded_at"))
        | {
            "evidence": _FILE,
            "recorded_by": _name("paper.recorded_by_id"),
            "verification": _sql("CASE WHEN verified.id IS NOT NULL THEN", _VERIFICATION, "END"),
        }
    ),
    """FROM products_transcription paper
    JOIN products_evidence file ON file.id = paper.evidence_id
    LEFT JOIN products_verification verified ON verified.transcription_id = paper.id
    LEFT JOIN products_signature signed ON signed.id = verified.signature_id
    WHERE paper.run_id = run.id)""",
)
_MEDIA = _list(
    "concat_ws(' ', media.material, media.number)",
    """FROM products_runmedia used JOIN products_medialot media ON media.id = used.media_lot_id
    WHERE used.run_id = run.id""",
    "used.id",
)
_AMENDMENTS = _list(
    _object(
        {"number": "made_by.number", "kind": "made_by.kind", "run": "run.number"}
        | {"needs_second": "made_by.needs_second", "second": "second.outcome"}
    ),
    _sql("FROM products_amendment made_by", _SECOND, "WHERE made_by.run_id = run.id"),
    "made_by.recorded_at, made_by.id",
)
_RETURNS = _list(
    _object(
        {
            "result_version": "result.version",
            "comment": "returned.comment",
            "returned_by": _name("returned.returned_by_id"),
            "returned_at": "returned.recorded_at",
        }
    ),
    """FROM products_runreturn returned
    JOIN products_result result ON result.id = returned.result_id
    WHERE returned.run_id = run.id""",
    "returned.recorded_at, returned.id",
)
_READINGS = _list(
    _object(
        _columns("reading", ("sequence", "name", "unit", "replicate", "vessel", "medium", "role"))
        | _columns("reading", ("read_at", "reason", "removed", "recorded_at"))
        | _MADE
        | {"value": "reading.text", "recorded_by": _name("reading.recorded_by_id")}
    ),
    _sql(
        """FROM products_reading reading
        LEFT JOIN products_amendment made_by ON made_by.id = reading.amendment_id""",
        _SECOND,
        "WHERE reading.run_id = run.id",
    ),
    "reading.sequence",
)
_SUPPORTS = _list(
    _object(
        _columns("support", ("kind", "document_number", "dated_on", "outcome", "signed_by"))
        | {"recorded_at": "support.recorded_at", "recorded_by": _name("support.recorded_by_id")}
    ),
    "FROM products_runsupport support WHERE support.run_id = run.id",
    "support.sequence",
)

_ROW = ", ".join(
    [
        """SELECT run.id, run.number, lot.number AS lot, product.code AS product,
        sample.number AS sample, sample.stage,
        coalesce(criterion.category, method.category) AS category,
        coalesce(criterion.attribute, method.attribute) AS attribute,
        criterion.code AS criterion, criterion.id AS criterion_id, criterion.specification_id,
        bound.version AS specification_version, method.code AS method,
        version.version AS method_version, run.purpose, run.state, repeated.number AS repeats,
        instrument.code AS instrument, laboratory.code AS laboratory, run.from_paper,
        run.performed_at, run.performed_zone, performer.printed_name AS performed_by,
        run.recorded_at, run.late_reason, run.discard_reason,
        run.recorded_at - run.performed_at > make_interval(hours => site.late_after_hours)
        AS entered_late""",
        _sql(_name("run.recorded_by_id"), "AS recorded_by"),
        _sql(_REPORTS, "AS reports"),
        _sql(_TRANSCRIPTION, "AS transcription"),
        _sql(_MEDIA, "AS media"),
        _sql(_AMENDMENTS, "AS amendments"),
        _sql(_RETURNS, "AS returns"),
        _sql(_RESULTS, "AS results"),
    ]
)
_WHOLE = ", ".join([_ROW, _sql(_READINGS, "AS readings"), _sql(_SUPPORTS, "AS supports")])
_FROM = """
FROM products_run run
JOIN products_lot lot ON lot.id = run.lot_id
JOIN products_product product ON product.id = lot.product_id
JOIN products_site site ON site.id = lot.site_id
JOIN products_sample sample ON sample.id = run.sample_id
JOIN products_methodversion version ON version.id = run.method_version_id
JOIN products_method method ON method.id = version.method_id
LEFT JOIN products_criterion criterion ON criterion.id = run.criterion_id
LEFT JOIN products_specificationversion bound ON bound.id = criterion.specification_id
LEFT JOIN products_run repeated ON repeated.id = run.repeats_id
LEFT JOIN products_instrument instrument ON instrument.id = run.instrument_id
LEFT JOIN products_laboratory laboratory ON laboratory.id = run.laboratory_id
LEFT JOIN products_person performer ON performer.id = run.performed_by_id
"""
_AS_JSON = "SELECT row_to_json(found)::text FROM ("

RUNS = _sql(_AS_JSON, _ROW, _FROM, "WHERE run.id = ANY(%(runs)s::uuid[])) found")
"""Those runs, without readings."""

WHOLE_RUNS = _sql(_AS_JSON, _WHOLE, _FROM, "WHERE run.id = ANY(%(runs)s::uuid[])) found")
"""Those runs, with readings and supporting records."""

RUN = _sql(_AS_JSON, _WHOLE, _FROM, "WHERE upper(run.number) = upper(%(number)s)) found")
"""One run with its readings and supporting records."""
