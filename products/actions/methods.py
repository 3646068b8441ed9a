"""Actions on methods: versions are drafted, approved under signature, retired under signature."""

from __future__ import annotations

from collections.abc import Sequence

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.locks import lock
from products.actions.lookups import find_method, find_method_version
from products.actions.records import check_printable, insert, insert_once
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.calculations import Formula, check_method
from products.domain.criteria import Category
from products.domain.errors import InvalidValueError, WrongStatusError
from products.domain.methods import DocumentState, MethodFamily
from products.domain.roles import Permission
from products.domain.units import require_unit
from products.models import Method, MethodVersion, Signature
from products.queries.facts import method_of


@action("method.register", permission=Permission.DRAFT)
def register_method(
    context: Context, *, code: str, name: str, attribute: str, category: str, family: str = ""
) -> Method:
    """Register a method; how it is done stands in its versions.

    ``family`` is its principle of measurement, empty when none is stated: values of different
    families are never compared.

    Raises:
        InvalidValueError: an unknown category or family, or a missing name.
        DuplicateError: the code was used already.
    """
    method = Method(
        code=code.strip(),
        name=name.strip(),
        attribute=attribute.strip(),
        category=check_word(Category, category, "category"),
        family=check_word(MethodFamily, family, "family") if family else "",
        recorded_by=context.actor,
    )
    insert_once(
        method,
        Method.objects.filter(code__iexact=method.code),
        lambda taken: (
            f"Method code {method.code} was used already (as {taken.code}) and is never reused."
        ),
        "code",
    )
    return method


@action("method.draft", permission=Permission.DRAFT)
def draft_method_version(
    context: Context,
    *,
    method: str,
    document: str,
    formula: str,
    unit: str,
    replicates: int = 1,
    incubation_hours: int | None = None,
    media: Sequence[str] = (),
    lod: str = "",
    loq: str = "",
    max_cv_percent: str = "",
    minimum_count: int | None = None,
    sensitivity: str = "",
    min_recovery_percent: str = "",
    max_recovery_percent: str = "",
    min_correlation: str = "",
) -> MethodVersion:
    """Draft the next version of a method after its written procedure ``document``.

    ``unit`` is the UCUM code of the reportable value; ``media`` are those that a sterility test
    must use; ``lod``, ``loq`` and ``max_cv_percent`` are kept as written, empty when the procedure
    states none; ``minimum_count`` is in cells per replicate. ``sensitivity`` (lambda, EU/mL), the
    spike recoveries and ``min_correlation`` (of the standard curve) are those of an endotoxin test,
    kept as written too.

    Raises:
        UnknownReferenceError: there is no such method.
        InvalidValueError: an unknown formula or unit.
    """
    found = find_method(method)
    require_unit(unit, "unit")
    for medium in media:
        check_printable(medium, "Medium", "media")
    lock(f"versions of method {found.pk}")
    latest = found.versions.order_by("-version").first()
    version = MethodVersion(
        method=found,
        version=latest.version + 1 if latest else 1,
        state=DocumentState.DRAFT,
        document=document.strip(),
        formula=check_word(Formula, formula, "formula"),
        unit=unit,
        replicates=replicates,
        incubation_hours=incubation_hours,
        media=[medium.strip() for medium in media],
        lod=lod.strip(),
        loq=loq.strip(),
        max_cv_percent=max_cv_percent.strip(),
        minimum_count=minimum_count,
        sensitivity=sensitivity.strip(),
        min_recovery_percent=min_recovery_percent.strip(),
        max_recovery_percent=max_recovery_percent.strip(),
        min_correlation=min_correlation.strip(),
        recorded_by=context.actor,
    )
    if replicates < 1:
        raise InvalidValueError("A method has at least one replicate.", field="replicates")
    insert(version)
    return version


@action("method.approve", permission=Permission.APPROVE, signed=True)
def approve_method_version(context: Context, *, method: str, version: int) -> MethodVersion:
    """Approve a drafted version under signature; from then on it never changes.

    Raises:
        UnknownReferenceError: there is no such method or version.
        WrongStatusError: it is no draft.
        InvalidValueError: what the version lacks or contradicts (``method_incomplete``).
    """
    found = _locked(method, version)
    if found.state != DocumentState.DRAFT:
        raise WrongStatusError(
            f"Method {found.method.code} version {found.version} is {found.state}; only a draft is "
            "approved."
        )
    if defects := check_method(method_of(found)):
        raise InvalidValueError(
            f"Method {found.method.code} version {found.version} cannot be approved: "
            f"{' '.join(defects)} Draft a corrected version.",
            field="version",
            code="method_incomplete",
        )
    signature = _sign(context, found, "Approved")
    found.state = DocumentState.APPROVED
    found.approved_at = signature.signed_at
    found.approval = signature
    found.save(update_fields=["state", "approved_at", "approval"])
    return found


@action("method.retire", permission=Permission.APPROVE, signed=True)
def retire_method_version(context: Context, *, method: str, version: int) -> MethodVersion:
    """Retire an approved version: no later run may use it, earlier ones keep their results.

    Raises:
        UnknownReferenceError: there is no such method or version.
        WrongStatusError: it is not approved.
    """
    found = _locked(method, version)
    if found.state != DocumentState.APPROVED:
        raise WrongStatusError(
            f"Method {found.method.code} version {found.version} is {found.state}; only an "
            "approved version is retired."
        )
    signature = _sign(context, found, "Retired")
    found.state = DocumentState.RETIRED
    found.retired_at = signature.signed_at
    found.retirement = signature
    found.save(update_fields=["state", "retired_at", "retirement"])
    return found


def _locked(method: str, version: int) -> MethodVersion:
    found = find_method_version(find_method(method), version)
    return (
        MethodVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("method")
        .get(pk=found.pk)
    )


def _sign(context: Context, version: MethodVersion, meaning: str) -> Signature:
    return sign(
        context,
        record_kind="method_version",
        record_id=version.pk,
        meaning=meaning,
        zone=home_zone(),
        content={
            "method": version.method.code,
            "name": version.method.name,
            "attribute": version.method.attribute,
            "category": version.method.category,
            "family": version.method.family,
            "version": version.version,
            "document": version.document,
            "formula": version.formula,
            "unit": version.unit,
            "replicates": version.replicates,
            "incubation_hours": version.incubation_hours,
            "media": version.media,
            "lod": version.lod,
            "loq": version.loq,
            "max_cv_percent": version.max_cv_percent,
            "minimum_count": version.minimum_count,
            "sensitivity": version.sensitivity,
            "min_recovery_percent": version.min_recovery_percent,
            "max_recovery_percent": version.max_recovery_percent,
            "min_correlation": version.min_correlation,
        },
    )
