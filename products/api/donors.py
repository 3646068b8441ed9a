"""Donors: a code and its eligibility, nothing else; registered and determined here."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.donors import determine_donor, register_donor
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.filters import Names, Recorded, Words, text, word
from products.api.listing import Listing, by, listed
from products.api.past_shapes import as_of
from products.api.schema import acts, lists, reads, word_of
from products.api.surface import Body, View, only_parameters
from products.domain.donors import DeterminationOutcome
from products.domain.errors import NotFoundError
from products.models import Donor
from products.queries import catalogue

TAG = "Donors and sources"
UNDETERMINED = "undetermined"


class DonorFilters(Recorded):
    outcome = Words(
        word("outcome"), DeterminationOutcome, help_text="Of the determination in effect."
    )
    code = Names(text("code"), help_text="Code of the donor.")


class DonorShape(serializers.Serializer[None]):
    code = serializers.CharField()
    eligibility = serializers.CharField(
        help_text=f"{', '.join(DeterminationOutcome)}, or {UNDETERMINED}"
    )
    determined_on = serializers.DateField(allow_null=True)


class DonorBody(ActionBody):
    code = Text(max_length=64, help_text="Names nobody: an ISBT 128 DIN, or a site's own code.")


class DeterminationBody(SignedBody):
    outcome = word_of(DeterminationOutcome)
    determined_on = serializers.DateField(allow_null=True)
    establishment = Text(allow_blank=True, max_length=200)
    summary_of_records = Text(
        allow_blank=True, max_length=200, help_text="Document number (21 CFR 1271.55(b))."
    )


DONORS = Listing(DonorShape, name="donors", orders=by("code", "code"), filters=DonorFilters)


class Donors(View):
    @lists("list_donors", "Donors, by code", DONORS, tag=TAG, past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, DONORS, catalogue.donors(), _bodies)

    @acts(
        "donor.register",
        "register_donor",
        "Register a donor by a code",
        tag=TAG,
        request=DonorBody,
        shape=DonorShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, DonorBody)
        donor = register_donor(context, **given)
        return _response(donor.code, status=201)


class OneDonor(View):
    @reads("read_donor", "One donor", DonorShape, tag=TAG, past=as_of(DonorShape))
    @then_too
    def get(self, request: Request, now: datetime, donor: str) -> Response:
        only_parameters(request, [])
        return _response(donor)


class Determinations(View):
    @acts(
        "donor.determine",
        "determine_donor",
        "Sign the determination of a donor's eligibility",
        tag=TAG,
        request=DeterminationBody,
        shape=DonorShape,
    )
    def post(self, request: Request, donor: str) -> Response:
        context, given = accept(request, DeterminationBody)
        determine_donor(context, donor=donor, **given)
        return _response(donor, status=201)


def _response(code: str, *, status: int = 200) -> Response:
    donor = catalogue.donors().filter(code=code.strip().upper()).first()
    if donor is None:
        raise NotFoundError(f"There is no donor with code {code!r}.", field="donor")
    return Response(_bodies([donor])[0], status=status)


def _bodies(rows: list[Donor]) -> list[Body]:
    return [
        {
            "code": row.code,
            "eligibility": getattr(row, "outcome", None) or UNDETERMINED,
            "determined_on": getattr(row, "determined_on", None),
        }
        for row in rows
    ]
