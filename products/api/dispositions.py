"""Release and rejection of a lot, under signature."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.dispositions import reject_lot, release_lot
from products.api.lots import LotShape, lot_response
from products.api.schema import acts
from products.api.surface import SignedBody, View, accept

TAG = "Decisions"


class ReleaseBody(SignedBody):
    pass


class RejectionBody(SignedBody):
    pass


class Release(View):
    @acts(
        "lot.release",
        "release_lot",
        "Release a lot; refused with every reason while any speaks against it",
        tag=TAG,
        request=ReleaseBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, ReleaseBody, deciding_on=lot)
        release_lot(context, lot=lot, **given)
        return lot_response(lot, context.at)


class Rejection(View):
    @acts(
        "lot.reject",
        "reject_lot",
        "Reject a lot for good",
        tag=TAG,
        request=RejectionBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, RejectionBody, deciding_on=lot)
        reject_lot(context, lot=lot, **given)
        return lot_response(lot, context.at)
