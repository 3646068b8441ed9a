"""Known-good records, made through actions. Each is made once per database and then found again.

A test that needs a registered lot with criteria says ``lot(criteria=[VIABILITY])``; what it rests
on (product, methods, specification, donor, source) comes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from products import models
from products.actions.accounts import approve_role, change_password, create_account
from products.actions.base import Context
from products.actions.donors import determine_donor, register_donor
from products.actions.equipment import (
    record_calibration,
    register_instrument,
    register_media_lot,
)
from products.actions.lots import register_lot
from products.actions.methods import (
    approve_method_version,
    draft_method_version,
    register_method,
)
from products.actions.products import register_product
from products.actions.readings import save_readings, submit_run
from products.actions.runs import open_run
from products.actions.samples import draw_sample
from products.actions.sources import register_source
from products.actions.specifications import approve_specification, draft_specification
from products.actions.training import record_training
from products.domain.calculations import Formula, ReadingFacts, VesselRole
from products.domain.criteria import Category, CompareOn, Criterion, LimitKind, Stage
from products.domain.methods import MethodFamily
from products.domain.results import SupportFacts, SupportKind, SupportOutcome
from products.domain.roles import Role
from products.models import User
from tests.accounts import ACCOUNTS, FIRST_PASSWORD, PASSWORD

ZONE = "America/New_York"
MEDIA = ("FTM", "SCDM")
INCUBATION = timedelta(hours=168)
YEAR = timedelta(days=365)

VIABILITY = Criterion(
    code="viability",
    attribute="Viability of the parent cells",
    category=Category.VIABILITY,
    stage=Stage.PARENT_CELLS,
    method="VIA-01",
    kind=LimitKind.LOWER,
    lower="90.0",
    unit="%",
)
PURITY = Criterion(
    code="purity",
    attribute="Particles per protein",
    category=Category.PURITY,
    stage=Stage.FINAL_CONTAINER,
    method="PUR-01",
    kind=LimitKind.LOWER,
    lower="3.0E8",
    unit="{particles}/ug",
)
ENDOTOXIN = Criterion(
    code="endotoxin",
    attribute="Endotoxin",
    category=Category.SAFETY,
    stage=Stage.FINAL_CONTAINER,
    method="END-01",
    kind=LimitKind.UPPER,
    upper="0.25",
    upper_strict=True,
    compare_on=CompareOn.ROUNDED,
    unit="[EU]/mL",
)
UNPROVEN_ENDOTOXIN = replace(ENDOTOXIN, method="END-02")
"""By a method that takes the value as typed, in any unit, and shows no test to be valid."""
STERILITY = Criterion(
    code="sterility",
    attribute="Sterility",
    category=Category.STERILITY,
    stage=Stage.FINAL_CONTAINER,
    method="STE-01",
    kind=LimitKind.ABSENCE,
)

FAMILIES = {"PUR-01": MethodFamily.NTA}
METHODS: dict[str, dict[str, Any]] = {
    "VIA-01": {"formula": Formula.VIABILITY, "unit": "%"},
    "PUR-01": {"formula": Formula.PARTICLE_TO_PROTEIN, "unit": "{particles}/ug", "replicates": 3},
    "END-01": {
        "formula": Formula.ENDOTOXIN_CARTRIDGE,
        "unit": "[EU]/mL",
        "sensitivity": "0.05",
        "min_recovery_percent": "50",
        "max_recovery_percent": "200",
    },
    "END-02": {"formula": Formula.VALUE, "unit": "[EU]/mL"},
    "STE-01": {
        "formula": Formula.NO_GROWTH,
        "unit": "{word}",
        "incubation_hours": int(INCUBATION.total_seconds()) // 3600,
        "media": MEDIA,
    },
}

_stated: ContextVar[datetime | None] = ContextVar("stated", default=None)


@contextmanager
def time_is(at: datetime) -> Iterator[None]:
    """Make records at another time; only `demo_db` allows it."""
    token = _stated.set(at)
    try:
        yield
    finally:
        _stated.reset(token)


def now() -> datetime:
    return _stated.get() or datetime.now(UTC)


def today() -> date:
    """The day at the site."""
    return now().astimezone(ZoneInfo(ZONE)).date()


@dataclass(frozen=True, slots=True)
class People:
    """One account of each role, each of another person."""

    admin: User
    quality: User
    quality2: User
    analyst: User
    analyst2: User
    reviewer: User
    auditor: User


def people() -> People:
    names = [username for username, _, _ in ACCOUNTS]
    accounts = User.objects.filter(username__in=names).select_related("person")
    return People(**{account.username: account for account in accounts})


def person_of(account: User) -> models.Person:
    """Whose account it is; only the system's and robots' are nobody's."""
    assert account.person
    return account.person


def second_account(of: User, username: str, role: Role) -> User:
    """Another account of the same person, with an own password, signed for by another person."""
    made = create_account(
        context(people().admin),
        username=username,
        person=person_of(of).pk,
        password=FIRST_PASSWORD,
        roles=[role],
    )
    quality = next(one for one in (people().quality, people().quality2) if one.person != of.person)
    approve_role(context(quality), username=username, role=role)
    return change_password(context(made), old=FIRST_PASSWORD, new=PASSWORD)


def context(actor: User, reason: str = "As the procedure says", **changes: Any) -> Context:
    known = Context(
        actor=actor,
        reason=reason,
        at=now(),
        request_id="request-1",
        address="192.0.2.1",
        user_agent="tests",
        password=PASSWORD,
    )
    return replace(known, **changes)


def approved_method(code: str = "VIA-01", **changes: Any) -> models.MethodVersion:
    """The approved version of a method of `METHODS`, or of one that ``changes`` describe.

    Both analysts are trained for it since a year.
    """
    found = models.MethodVersion.objects.filter(method__code=code, state="approved").select_related(
        "method"
    )
    if not changes and (version := found.first()):
        return version
    method = models.Method.objects.filter(code=code).first()
    if method is None:
        category = next(
            (
                item.category
                for item in (PURITY, ENDOTOXIN, UNPROVEN_ENDOTOXIN, STERILITY)
                if item.method == code
            ),
            Category.VIABILITY,
        )
        method = register_method(
            context(people().analyst),
            code=code,
            name=f"Method {code}",
            attribute="Attribute",
            category=category,
            family=FAMILIES.get(code, ""),
        )
    drafted = draft_method_version(
        context(people().analyst),
        method=code,
        **(
            {"document": f"SOP-{code}"}
            | METHODS.get(code, {"formula": Formula.VALUE, "unit": "%"})
            | changes
        ),
    )
    version = approve_method_version(
        context(people().quality), method=code, version=drafted.version
    )
    for analyst in (people().analyst, people().analyst2):
        trained(analyst, version)
    return version


def trained(who: User, version: models.MethodVersion, **changes: Any) -> models.Training:
    """Signed by quality; since a year and without end unless told."""
    stated: dict[str, Any] = {
        "trained_on": today() - YEAR,
        "document": "TRN-0007",
    } | changes
    return record_training(
        context(people().quality),
        person=person_of(who).pk,
        method=version.method.code,
        version=version.version,
        **stated,
    )


def product(code: str = "EXO-1", **changes: Any) -> models.Product:
    if found := models.Product.objects.filter(code=code).first():
        return found
    described: dict[str, Any] = {
        "name": "Umbilical cord EV",
        "basis": "us_ind",
        "basis_reference": "IND 12345",
        "label_claim": "1.0E11",
        "fill_volume_ml": "1.0",
        "storage": "-80 C",
    } | changes
    return register_product(context(people().quality), code=code, **described)


def approved_specification(
    code: str = "EXO-1",
    criteria: Sequence[Criterion] = (VIABILITY,),
    *,
    effective_from: date | None = None,
) -> models.SpecificationVersion:
    """A new approved version for the product ``code``, in force from today unless told."""
    product(code)
    for criterion in criteria:
        approved_method(criterion.method)
    drafted = draft_specification(
        context(people().quality),
        product=code,
        document="SPEC-001",
        effective_from=effective_from or today(),
        criteria=criteria,
        change_reason="The process became more capable",
    )
    return approve_specification(context(people().quality), product=code, version=drafted.version)


def donor(code: str = "D-0042") -> models.Donor:
    """A donor whom nobody has determined yet."""
    if found := models.Donor.objects.filter(code=code).first():
        return found
    return register_donor(context(people().analyst), code=code)


def eligible_donor(code: str = "D-0042") -> models.Donor:
    found = donor(code)
    if not found.determinations.exists():
        determine(code)
    return found


def determine(
    code: str = "D-0042", outcome: str = "eligible", **changes: Any
) -> models.Determination:
    stated: dict[str, Any] = {
        "determined_on": today(),
        "establishment": "Northside Cord Bank",
        "summary_of_records": "SOR-17",
    } | changes
    return determine_donor(context(people().quality), donor=code, outcome=outcome, **stated)


def source(number: str = "UC-0042", **changes: Any) -> models.TissueSource:
    """A donation of an eligible donor."""
    if found := models.TissueSource.objects.filter(number=number).first():
        return found
    described: dict[str, Any] = {
        "kind": "umbilical_cord",
        "recovered_at": now() - timedelta(days=30),
        "recovery_zone": ZONE,
    } | changes
    described.setdefault("donor", "D-0042")
    eligible_donor(described["donor"])
    return register_source(context(people().analyst), number=number, **described)


def instrument(code: str = "NTA-7") -> models.Instrument:
    """An instrument whose calibration covers the year before and the year after."""
    if found := models.Instrument.objects.filter(code=code).first():
        return found
    made = register_instrument(
        context(people().analyst), code=code, model="NanoSight NS300", serial_number="NS-1"
    )
    calibrated(made.code)
    return made


def calibrated(code: str = "NTA-7", **changes: Any) -> models.Calibration:
    """A calibration that passed a year ago and is valid for another year unless told."""
    stated: dict[str, Any] = {
        "calibrated_on": today() - YEAR,
        "valid_until": today() + YEAR,
        "outcome": "passed",
        "document": "CAL-26-014",
    } | changes
    return record_calibration(context(people().analyst), instrument=code, **stated)


def media_lot(material: str = "FTM", number: str = "M-1") -> models.MediaLot:
    if found := models.MediaLot.objects.filter(material=material, number=number).first():
        return found
    return register_media_lot(
        context(people().analyst),
        material=material,
        number=number,
        manufacturer="Merck",
        expires_on=today() + YEAR,
    )


def media_lots() -> list[tuple[str, str]]:
    """One lot of each medium of a sterility test, as a run names them."""
    return [(media_lot(medium).material, "M-1") for medium in MEDIA]


def lot(
    number: str = "EV-26-001", criteria: Sequence[Criterion] | None = None, **changes: Any
) -> models.Lot:
    """A lot made today by the second analyst, under a specification of these criteria.

    ``criteria`` None takes the product's version in force, or makes one of viability alone.
    """
    code = changes.get("product", "EXO-1")
    known = models.SpecificationVersion.objects.filter(product__code=code, state="approved")
    if criteria is not None or not known.exists():
        approved_specification(code, (VIABILITY,) if criteria is None else criteria)
    described: dict[str, Any] = {
        "product": code,
        "made_on": today(),
        "vials": 40,
        "sources": [] if "sources" in changes else [source().number],
        "made_by": people().analyst2.person_id,
        "expires": f"{today() + timedelta(days=365)}",
    } | changes
    return register_lot(context(people().analyst), number=number, **described)


def sample(
    lot: str = "EV-26-001", stage: Stage = Stage.PARENT_CELLS, **changes: Any
) -> models.Sample:
    described: dict[str, Any] = {
        "container": "Cryovial 2 mL",
        "drawn_at": now(),
        "drawn_zone": ZONE,
    } | changes
    return draw_sample(context(people().analyst), lot=lot, stage=stage, **described)


def counted(live: str = "982", dead: str = "18") -> list[ReadingFacts]:
    return [ReadingFacts("live", live), ReadingFacts("dead", dead)]


def value(text: str = "<0.05", unit: str = "") -> list[ReadingFacts]:
    """An endotoxin cartridge that reads ``text``, undiluted, with controls as they must be."""
    return [
        ReadingFacts("endotoxin", text, unit),
        ReadingFacts("recovery", "98"),
        ReadingFacts("negative_control", "<0.05"),
        ReadingFacts("dilution", "1"),
    ]


def ratio(particles: Sequence[str] = ("4.9E9", "5.0E9", "5.1E9")) -> list[ReadingFacts]:
    return [
        *(
            ReadingFacts("particles", text, replicate=number)
            for number, text in enumerate(particles, 1)
        ),
        ReadingFacts("dilution", "100"),
        ReadingFacts("protein", "500"),
    ]


def vessels(read_at: datetime, product: str = "no growth") -> list[ReadingFacts]:
    """Every vessel of a sterility test read once; those of the product show ``product``."""
    return [
        ReadingFacts(
            "growth",
            product if role is VesselRole.PRODUCT else "no growth",
            vessel=f"{medium}-{role}",
            medium=medium,
            role=role,
            read_at=read_at,
        )
        for medium in MEDIA
        for role in VesselRole
    ]


def supports() -> list[SupportFacts]:
    return [
        SupportFacts(kind, f"REC-{kind}", today(), SupportOutcome.PASSED, "Rita Romero")
        for kind in SupportKind
    ]


READINGS: dict[str, Callable[[], list[ReadingFacts]]] = {
    "viability": counted,
    "purity": ratio,
    "endotoxin": value,
}


def opened_run(criterion: Criterion = VIABILITY, **changes: Any) -> models.Run:
    """A run of purpose release by the analyst, on a new sample of lot EV-26-001.

    A sterility run names a lot of each medium. What an outside laboratory performed, or paper
    shows, names no instrument.
    ``code`` names another criterion than the one whose stage and readings are used; "" names none.
    """
    described: dict[str, Any] = {
        "criterion": criterion.code,
        "purpose": "release",
        "performed_at": now(),
        "performed_zone": ZONE,
    } | changes
    if not (described.get("laboratory") or described.get("from_paper")):
        described.setdefault("instrument", instrument().code)
    if criterion.category is Category.STERILITY:
        described.setdefault("media", media_lots())
    described["criterion"] = described.pop("code", criterion.code)
    by = described.pop("by", None) or people().analyst
    number = described.pop("lot", "EV-26-001")
    if "sample" not in described:
        described["sample"] = sample(number, criterion.stage).number
    return open_run(context(by), **described)


def submitted_run(
    criterion: Criterion = VIABILITY, readings: Sequence[ReadingFacts] | None = None, **changes: Any
) -> models.Result:
    """A run that passes unless ``readings`` say otherwise; its result, whose ``run`` it is.

    A sterility run is read once, when it is performed, and its result is interim.
    """
    run = opened_run(criterion, **changes)
    by = changes.get("by") or people().analyst
    if readings is None:
        readings = (
            vessels(run.performed_at)
            if criterion.category is Category.STERILITY
            else READINGS[criterion.code]()
        )
    proofs = supports() if criterion.category is Category.STERILITY else []
    save_readings(context(by), run=run.number, readings=readings, supports=proofs)
    return submit_run(context(by), run=run.number)
