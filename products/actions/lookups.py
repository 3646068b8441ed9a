"""Finding the records that an action names, by the codes that people use."""

from __future__ import annotations

import re
from typing import TypeVar
from uuid import UUID

from django.db import DataError
from django.db.models import Model, QuerySet

from products.domain.criteria import Stage
from products.domain.errors import InvalidValueError, UnknownReferenceError
from products.domain.methods import DocumentState
from products.models import (
    Amendment,
    Criterion,
    Determination,
    Donor,
    Evidence,
    Instrument,
    Investigation,
    Laboratory,
    Lot,
    MediaLot,
    Method,
    MethodVersion,
    Person,
    Product,
    Run,
    Sample,
    Site,
    SpecificationVersion,
    TissueSource,
    Transcription,
    User,
)

NAME_AND_VERSION = re.compile(r"\s*(?P<name>\S.*?)\s+v(?P<version>[1-9][0-9]{0,8})\s*")

Found = TypeVar("Found", bound=Model)


def find_person(key: UUID, field: str = "person") -> Person:
    return _one(Person.objects.filter(pk=key), f"There is no person with id {key}.", field)


def find_account(username: str, field: str = "username") -> User:
    return _one(
        User.objects.filter(username__iexact=username), f"There is no account {username!r}.", field
    )


def find_donor(code: str, field: str = "donor") -> Donor:
    return _one(
        Donor.objects.filter(code=code.strip().upper()),
        f"There is no donor with code {code!r}. Register the donor first.",
        field,
    )


def find_source(number: str, field: str = "source") -> TissueSource:
    return _one(
        TissueSource.objects.filter(number__iexact=number.strip()).select_related("donor"),
        f"There is no tissue source {number!r}. Register the source first.",
        field,
    )


def find_product(code: str, field: str = "product") -> Product:
    return _one(
        Product.objects.filter(code__iexact=code.strip()), f"There is no product {code!r}.", field
    )


def find_method(code: str, field: str = "method") -> Method:
    return _one(
        Method.objects.filter(code__iexact=code.strip()), f"There is no method {code!r}.", field
    )


def find_method_version(method: Method, version: int, field: str = "version") -> MethodVersion:
    return _one(
        method.versions.filter(version=version).select_related("method"),
        f"Method {method.code} has no version {version}.",
        field,
    )


def find_specification(
    product: Product, version: int, field: str = "specification"
) -> SpecificationVersion:
    return _one(
        product.specifications.filter(version=version).select_related("product"),
        f"Product {product.code} has no specification version {version}.",
        field,
    )


def find_lot(number: str, field: str = "lot") -> Lot:
    return _one(
        Lot.objects.filter(number__iexact=number.strip()).select_related("site", "specification"),
        f"There is no lot {number!r}.",
        field,
    )


def find_sample(number: str, field: str = "sample") -> Sample:
    return _one(
        Sample.objects.filter(number__iexact=number.strip()).select_related("lot__site"),
        f"There is no sample {number!r}.",
        field,
    )


def find_run(number: str, field: str = "run") -> Run:
    return _one(
        Run.objects.filter(number__iexact=number.strip()).select_related(
            "lot__product", "lot__site", "criterion", "method_version__method"
        ),
        f"There is no run {number!r}.",
        field,
    )


def find_investigation(number: str, field: str = "investigation") -> Investigation:
    return _one(
        Investigation.objects.filter(number__iexact=number.strip()).select_related(
            "lot__site", "run", "result"
        ),
        f"There is no investigation {number!r}.",
        field,
    )


def find_amendment(number: str, field: str = "amendment") -> Amendment:
    return _one(
        Amendment.objects.filter(number__iexact=number.strip())
        .select_related(
            "lot",
            "corrects",
            "result",
            "evidence",
            "signature",
            "run__sample",
            "run__criterion",
            "run__method_version__method",
        )
        .defer("evidence__content"),
        f"There is no amendment {number!r}.",
        field,
    )


def find_instrument(code: str, field: str = "instrument") -> Instrument:
    return _one(
        Instrument.objects.filter(code__iexact=code.strip()),
        f"There is no instrument {code!r}. Register the instrument first.",
        field,
    )


def find_media_lot(material: str, number: str, field: str = "media") -> MediaLot:
    return _one(
        MediaLot.objects.filter(material__iexact=material.strip(), number__iexact=number.strip()),
        f"There is no media lot {material} {number}. Register the media lot first.",
        field,
    )


def find_laboratory(code: str, field: str = "laboratory") -> Laboratory:
    return _one(
        Laboratory.objects.filter(code__iexact=code.strip()),
        f"There is no outside laboratory {code!r}. Register the laboratory first.",
        field,
    )


def find_evidence(key: UUID, field: str = "evidence") -> Evidence:
    """Without its bytes, which are read only when asked for."""
    return _one(
        Evidence.objects.filter(pk=key).defer("content"), f"There is no file with id {key}.", field
    )


def find_transcription(number: str, field: str = "transcription") -> Transcription:
    return _one(
        Transcription.objects.filter(number__iexact=number.strip()).select_related(
            "run__lot__site",
            "specification__product",
            "method_version__method",
            "determination__donor",
            "source__donor",
            "recorded_by__person",
        ),
        f"There is no transcription {number!r}.",
        field,
    )


def find_named_specification(key: str, field: str = "key") -> SpecificationVersion:
    """``key`` as people write it: ``EXO-1 v2``."""
    product, version = _name_and_version(key, field)
    return find_specification(find_product(product, field), version, field)


def find_named_method_version(key: str, field: str = "key") -> MethodVersion:
    """``key`` as people write it: ``END-01 v2``."""
    method, version = _name_and_version(key, field)
    return find_method_version(find_method(method, field), version, field)


def find_named_determination(key: str, field: str = "key") -> Determination:
    """``key`` as people write it: ``D-0042 v2``."""
    code, version = _name_and_version(key, field)
    donor = find_donor(code, field)
    return _one(
        donor.determinations.filter(version=version).select_related("donor"),
        f"Donor {donor.code} has no determination {version}.",
        field,
    )


def find_site(name: str, field: str = "site") -> Site:
    """The site called ``name``; with no name, the only one.

    Raises:
        InvalidValueError: no name was given and there are several sites.
    """
    if name.strip():
        return _one(
            Site.objects.filter(name__iexact=name.strip()), f"There is no site {name!r}.", field
        )
    sites = list(Site.objects.order_by("name")[:2])
    if len(sites) != 1:
        raise InvalidValueError("Name the site: there is more than one, or none.", field=field)
    return sites[0]


def find_criterion(lot: Lot, code: str, field: str = "criterion") -> Criterion:
    """The criterion of the lot's own specification version."""
    criterion = (
        lot.specification.criteria.filter(code__iexact=code.strip())
        .select_related("method")
        .first()
    )
    if criterion is None:
        known = ", ".join(lot.specification.criteria.values_list("code", flat=True))
        raise UnknownReferenceError(
            f"Specification version {lot.specification.version} of lot {lot.number} has no "
            f"criterion {code!r}. It has: {known}.",
            field=field,
            code="criterion_unknown",
        )
    return criterion


def approved_version(method: Method, version: int | None, field: str = "method") -> MethodVersion:
    """The named version, or the latest approved one.

    Raises:
        InvalidValueError: the version is a draft or retired, or none is approved.
    """
    if version is not None:
        found = find_method_version(method, version, field)
    else:
        latest = method.versions.filter(state=DocumentState.APPROVED).order_by("-version").first()
        if latest is None:
            raise InvalidValueError(
                f"Method {method.code} has no approved version. Quality approves one first.",
                field=field,
                code="method_not_in_force",
            )
        found = latest
    if found.state != DocumentState.APPROVED:
        raise InvalidValueError(
            f"Method {method.code} version {found.version} is {found.state}. Choose an approved "
            "version.",
            field=field,
            code="method_not_in_force",
        )
    return found


def stage_of(text: str, field: str = "stage") -> Stage:
    try:
        return Stage(text)
    except ValueError:
        known = ", ".join(Stage)
        raise InvalidValueError(
            f"There is no stage {text!r}. Stages are: {known}.", field=field
        ) from None


def _name_and_version(key: str, field: str) -> tuple[str, int]:
    found = NAME_AND_VERSION.fullmatch(key)
    if found is None:
        raise InvalidValueError(
            f"{key!r} names no version. Write the code, then v and the version, as in EXO-1 v2.",
            field=field,
        )
    return found["name"], int(found["version"])


def _one(rows: QuerySet[Found], message: str, field: str) -> Found:
    try:
        found = rows.first()
    except (DataError, UnicodeEncodeError):  # text that no column can hold names no record
        found = None
    if found is None:
        raise UnknownReferenceError(message, field=field)
    return found
