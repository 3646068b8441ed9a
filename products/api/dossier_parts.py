"""Which lists of the API a dossier has, and which columns of them its page shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Part:
    """A list of the API, ``{lot}`` for the lot, and the columns of it that the page shows."""

    name: str
    heading: str
    address: str
    shown: Mapping[str, str]
    more: Mapping[str, str] = field(default_factory=dict)


SIGNED = {"Signed by": "signature.printed_name", "At": "signature.signed_at"}
RECORDED = {"By": "recorded_by", "At": "recorded_at"}
PARTS = (
    Part(
        "results",
        "Results, every version",
        "/api/v1/results/?lot={lot}",
        {
            "Run": "run",
            "Version": "version",
            "Criterion": "criterion",
            "Limit": "limit",
            "Reported": "reported",
            "Unit": "unit",
            "Verdict": "verdict",
            "Standing": "standing",
            "Performed": "performed_at",
            "Reviewed by": "review.signature.printed_name",
            "Explanation": "explanation",
        },
    ),
    Part(
        "runs",
        "Runs",
        "/api/v1/runs/?lot={lot}&expand=readings,supports",
        {
            "Run": "number",
            "Sample": "sample",
            "Method": "method",
            "Version": "method_version",
            "Instrument": "instrument",
            "Laboratory": "laboratory",
            "Purpose": "purpose",
            "State": "state",
            "Performed": "performed_at",
            "From paper": "from_paper",
        },
    ),
    Part(
        "samples",
        "Samples",
        "/api/v1/samples/?lot={lot}",
        {"Sample": "number", "Stage": "stage", "Drawn": "drawn_at"},
    ),
    Part(
        "reviews",
        "Reviews",
        "/api/v1/reviews/?lot={lot}",
        {**SIGNED, "Results": "results.run", "Versions": "results.version", "Comment": "comment"},
    ),
    Part(
        "decisions",
        "Decisions",
        "/api/v1/decisions/?lot={lot}",
        {"No.": "number", "Decision": "kind", "Reason": "reason", **SIGNED},
    ),
    Part(
        "holds",
        "Holds",
        "/api/v1/holds/?lot={lot}",
        {
            "No.": "number",
            "Kind": "kind",
            "Reason": "reason",
            "Rule": "rule",
            "Placed by": "placed_by",
            "At": "placed_at",
            "Lifted by": "lifted.printed_name",
            "Lifted at": "lifted.signed_at",
        },
    ),
    Part(
        "investigations",
        "Investigations",
        "/api/v1/investigations/?lot={lot}",
        {
            "Number": "number",
            "Run": "run",
            "Verdict": "verdict",
            "Opened": "opened_at",
            "Outcome": "conclusion.outcome",
            "Cause": "conclusion.cause",
            "Signed by": "conclusion.signature.printed_name",
        },
    ),
    Part(
        "amendments",
        "Corrections and retractions",
        "/api/v1/amendments/?lot={lot}",
        {
            "Number": "number",
            "Kind": "kind",
            "Run": "run",
            "State": "state",
            "Reason": "reason",
            **SIGNED,
            "Second signature": "second.signature.printed_name",
        },
    ),
    Part(
        "transcriptions",
        "Transcribed from paper",
        "/api/v1/transcriptions/?lot={lot}",
        {"Number": "number", "Kind": "kind", **RECORDED},
    ),
    Part(
        "notes",
        "Notes",
        "/api/v1/lots/{lot}/notes/",
        {"Run": "run", "Note": "text", **RECORDED},
    ),
)
TRAIL = Part(
    "entries",
    "Audit trail",
    "/api/v1/audit/?lot={lot}",
    {"At": "recorded_at", "Actor": "actor_printed", "Action": "action", "Record": "record_name"}
    | {"Reason": "reason", "Place in the ledger": "ledger_index"},
)
