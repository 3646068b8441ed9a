"""A version of a method as pages show it."""

from __future__ import annotations

from typing import Any

from products.domain.calculations import FORMULA_LABELS, Formula
from products.domain.lots import local_text
from products.domain.units import label_of
from products.models import MethodVersion, Signature
from products.templatetags.exolot import mark

VERSION_HEADERS = (
    "Version",
    "State",
    "Document",
    "Calculation",
    "Limits of the method",
    "Signed",
)


def stated_of(row: MethodVersion) -> dict[str, str]:
    """All that the version states, by what it is about."""
    formula = FORMULA_LABELS[Formula(row.formula)]
    parts = [
        " in ".join(part for part in (formula, label_of(row.unit)) if part),
        f"replicates: {row.replicates}",
        row.incubation_hours and f"incubation: {row.incubation_hours} h",
        row.media and f"media: {', '.join(row.media)}",
    ]
    limits = [
        row.lod and f"LOD {row.lod}",
        row.loq and f"LOQ {row.loq}",
        row.max_cv_percent and f"CV at most {row.max_cv_percent} %",
        row.minimum_count and f"at least {row.minimum_count} cells",
        row.sensitivity and f"sensitivity {row.sensitivity} EU/mL",
        _recovery(row),
        row.min_correlation and f"correlation at least {row.min_correlation}",
    ]
    return {
        "Document": row.document,
        "Calculation": "; ".join(str(part) for part in parts if part),
        "Limits of the method": "; ".join(str(limit) for limit in limits if limit),
    }


def version_line(row: MethodVersion) -> tuple[Any, ...]:
    """Under `VERSION_HEADERS`."""
    return (
        f"v{row.version}",
        mark(row.state),
        *stated_of(row).values(),
        "; ".join(_signed(signature) for signature in (row.approval, row.retirement) if signature),
    )


def _recovery(row: MethodVersion) -> str:
    lower, upper = row.min_recovery_percent, row.max_recovery_percent
    if lower and upper:
        return f"recovery {lower} to {upper} %"
    if lower or upper:
        return f"recovery at {'least' if lower else 'most'} {lower or upper} %"
    return ""


def _signed(signature: Signature) -> str:
    when = local_text(signature.signed_at, signature.zone)
    return f"{signature.meaning} by {signature.printed_name}, {when}"
