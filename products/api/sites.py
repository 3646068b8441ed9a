"""Sites, and the day from which on each records here."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.go_live import declare_go_live
from products.actions.sites import register_site
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists
from products.api.shown import SignatureShape, signature_body
from products.api.surface import Body, View
from products.models import Site
from products.queries import registers

TAG = "People, sites and tokens"


class SiteShape(serializers.Serializer[None]):
    name = serializers.CharField()
    zone = serializers.CharField()
    late_after_hours = serializers.IntegerField()
    go_live_on = serializers.DateField(
        allow_null=True, help_text="From this day on it records here; older paper is transcribed."
    )
    go_live = SignatureShape(allow_null=True)


class SiteBody(ActionBody):
    name = Text(max_length=100)
    zone = Text(max_length=64, help_text="IANA name, such as America/New_York.")
    late_after_hours = serializers.IntegerField(default=24, min_value=0, max_value=8760)


class GoLiveBody(SignedBody):
    on = serializers.DateField(help_text="From this day on the site records here.")


SITES = Listing(SiteShape, name="sites", orders=by("name", "name"))


class Sites(View):
    @lists("list_sites", "Sites, by name", SITES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, SITES, registers.sites(), _site_bodies)

    @acts(
        "site.register",
        "register_site",
        "Register a site",
        tag=TAG,
        request=SiteBody,
        shape=SiteShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, SiteBody)
        return Response(_site_bodies([register_site(context, **given)])[0], status=201)


class GoLive(View):
    @acts(
        "site.declare_go_live",
        "declare_go_live",
        "Sign from which day on a site records here",
        tag=TAG,
        request=GoLiveBody,
        shape=SiteShape,
    )
    def post(self, request: Request, site: str) -> Response:
        context, given = accept(request, GoLiveBody)
        declare_go_live(context, site=site, **given)
        return Response(_site_bodies([registers.site(site)])[0], status=201)


def _site_bodies(rows: list[Site]) -> list[Body]:
    return [_site_body(row) for row in rows]


def _site_body(row: Site) -> Body:
    go_live = getattr(row, "go_live", None)
    return {
        "name": row.name,
        "zone": row.zone,
        "late_after_hours": row.late_after_hours,
        "go_live_on": go_live and go_live.on,
        "go_live": go_live and signature_body(go_live.signature),
    }
