"""Records as they stood at a past instant: their images under the last checkpoint at or before it.

What counts is the seal: an entry belongs to the first checkpoint that covers it, whatever the time
that it carries. Fields that an old image does not have are unknown (None).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from products.domain.errors import NotFoundError, NotSealedYetError
from products.domain.lots import Expiry, Precision, ReleaseStatus
from products.domain.products import basis_text
from products.models import AuditEntry, Checkpoint, Donor, Lot

Image = Mapping[str, Any]
Records = Mapping[tuple[str, str], Image]

LOT, PRODUCT, SITE, SPECIFICATION, DISPOSITION, DETERMINATION, DONOR = (
    "products_lot",
    "products_product",
    "products_site",
    "products_specificationversion",
    "products_disposition",
    "products_determination",
    "products_donor",
)
# Holds and final decisions stand before expiry; nothing else does.
MAY_EXPIRE = frozenset(
    {ReleaseStatus.QUARANTINED, ReleaseStatus.RELEASED, ReleaseStatus.CONDITIONALLY_RELEASED}
)


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant that was asked for, and the checkpoint that answers for it."""

    at: datetime
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class PastLot:
    """A lot at a moment. ``status`` counts the expiry at the instant, not at the seal."""

    number: str
    image: Image
    product: Image
    basis: str
    specification: Image
    expiry: Expiry
    status: ReleaseStatus


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """What the signer of the last decision was shown, exactly as it was stored then."""

    decision: int
    kind: str
    sha256: str
    document: Any


def moment(at: datetime) -> Moment:
    """The last seal at or before ``at``.

    Raises:
        NotSealedYetError: ``at`` is later than the last seal.
        NotFoundError: ``at`` is before the first one.
    """
    last = Checkpoint.objects.order_by("-number").first()
    if last is None or at > last.sealed_at:
        until = f"The last seal is of {last.sealed_at.isoformat()}." if last else "There is none."
        raise NotSealedYetError(
            f"Nothing is sealed up to {at.isoformat()} yet. {until} Ask for an earlier instant, or "
            "again after the next seal.",
            field="as_of",
        )
    found = Checkpoint.objects.filter(sealed_at__lte=at).order_by("-number").first()
    if found is None:
        raise NotFoundError(
            f"No checkpoint was made at or before {at.isoformat()}: what stood then cannot be "
            "shown under a seal.",
            code="before_first_checkpoint",
            field="as_of",
        )
    return Moment(at, found)


def records_then(then: Moment, wanted: Iterable[tuple[str, object]]) -> Records:
    """The images of records (table, key), in one statement; who did not exist yet is left out."""
    pairs = {(table, str(key)) for table, key in wanted}
    rows = (
        AuditEntry.objects.filter(
            record_id__in={key for _, key in pairs},
            record_table__in={table for table, _ in pairs},
            leaf__index__lt=then.checkpoint.size,
        )
        # The ids of a record's entries are in the order of its changes; places in the ledger are in
        # that of transactions, and who began first may have written last.
        .order_by("record_table", "record_id", "-pk")
        .distinct("record_table", "record_id")
        .values_list("record_table", "record_id", "after")
    )
    return {(table, key): after for table, key, after in rows if after and (table, key) in pairs}


def lot_then(number: str, then: Moment) -> PastLot:
    """Raises NotFoundError when the lot was not registered then."""
    key = _lot_key(number)
    image = records_then(then, [(LOT, key)]).get((LOT, str(key)))
    if image is None:
        raise NotFoundError(
            f"Lot {number!r} was not registered under checkpoint {then.checkpoint.number}.",
            field="lot",
        )
    named = {
        PRODUCT: image["product_id"],
        SITE: image["site_id"],
        SPECIFICATION: image["specification_id"],
    }
    others = records_then(then, named.items())
    product, site, specification = (others[table, str(key)] for table, key in named.items())
    expiry = _expiry(image, site)
    status = ReleaseStatus(image["release_status"])
    if status in MAY_EXPIRE and expiry.ends_at is not None and then.at >= expiry.ends_at:
        status = ReleaseStatus.EXPIRED
    basis = basis_text(product["basis"], product.get("basis_reference") or "")
    return PastLot(image["number"], image, product, basis, specification, expiry, status)


def evaluation_then(lot: PastLot, then: Moment) -> StoredEvaluation | None:
    """The evaluation in the last decision on the lot; None when nothing was decided yet."""
    image = (
        AuditEntry.objects.filter(
            lots__0=UUID(lot.image["id"]),
            record_table=DISPOSITION,
            leaf__index__lt=then.checkpoint.size,
        )
        .order_by("-pk")
        .values_list("after", flat=True)
        .first()
    )
    if image is None:
        return None
    document = json.loads(bytes.fromhex(image["evaluation"].removeprefix("\\x")))
    return StoredEvaluation(image["number"], image["kind"], image["evaluation_sha256"], document)


def donor_then(code: str, then: Moment) -> tuple[Image, Image | None]:
    """A donor, and its determination of the highest version then.

    Raises:
        NotFoundError: the donor was not registered then.
    """
    donor = Donor.objects.filter(code=code.strip().upper()).first()
    keys = list(donor.determinations.values_list("id", flat=True)) if donor else []
    wanted = [(DETERMINATION, key) for key in keys]
    found = records_then(then, [*wanted, (DONOR, donor.pk)]) if donor else {}
    image = found.get((DONOR, str(donor.pk))) if donor else None
    if image is None:
        raise NotFoundError(
            f"Donor {code!r} was not registered under checkpoint {then.checkpoint.number}.",
            field="donor",
        )
    determined = [each for (table, _), each in found.items() if table == DETERMINATION]
    return image, max(determined, key=lambda each: int(each["version"]), default=None)


def _lot_key(number: str) -> UUID:
    # A number is never changed or given to another lot, so that the present one finds the record.
    key = Lot.objects.filter(number__iexact=number).values_list("id", flat=True).first()
    if key is None:
        raise NotFoundError(f"There is no lot {number!r}.", field="lot")
    return key


def _expiry(image: Image, site: Image) -> Expiry:
    on, precision = image.get("expires_on"), image.get("expires_precision")
    return Expiry(
        on=date.fromisoformat(on) if on else None,
        precision=Precision(precision) if precision else None,
        stability_study=image.get("stability_study") or "",
        stability_signed=image.get("stability_signature_id") is not None,
        zone=site["zone"],
    )
