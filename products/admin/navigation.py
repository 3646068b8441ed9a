"""The menu: the same everywhere, without what the reader's roles do not open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from products.domain.roles import Permission
from products.queries.people import Identity

LINKED_IDENTITIES = "Linked identities"
READ_OVER_THE_API = "Read over the API"
MENU: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Lots",
        (
            ("Lots", "lot"),
            ("Samples", "sample"),
            ("Runs", "run"),
            ("Amendments", "amendment"),
            ("Evidence files", "evidence"),
            ("Investigations", "investigation"),
            ("Holds", "hold"),
            ("Signatures", "signature"),
        ),
    ),
    (
        "Origin",
        (
            ("Donors", "donor"),
            ("Tissue sources", "tissuesource"),
            ("From paper", "transcription"),
        ),
    ),
    (
        "Documents",
        (
            ("Products", "product"),
            ("Specifications", "specificationversion"),
            ("Methods", "method"),
        ),
    ),
    (
        "Equipment",
        (
            ("Instruments", "instrument"),
            ("Media lots", "medialot"),
            ("Outside laboratories", "laboratory"),
        ),
    ),
    (
        "People",
        (
            ("Persons", "person"),
            ("Accounts", "user"),
            ("Roles", "rolegrant"),
            ("Trainings", "training"),
            ("Locked accounts", "lockout"),
            (LINKED_IDENTITIES, "identitylink"),
            ("Signature policy", "signaturepolicy"),
            ("Reviews of credentials", "credentialreview"),
            ("Reviews of the trail", "trailreview"),
            ("API tokens", "apitoken"),
            (READ_OVER_THE_API, "access"),
            ("Sites", "site"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Group:
    label: str
    entries: tuple[Entry, ...]


def navigation_for(request: HttpRequest, identity: Identity) -> tuple[Group, ...]:
    if Permission.READ not in identity.permissions:
        return ()
    own = reverse("admin:password_change")
    factor = reverse("admin:second_factor")
    return (
        Group("", tuple(_first(request, identity))),
        *(
            Group(
                label,
                tuple(
                    _entry(request, name, model)
                    for name, model in entries
                    if (settings.SSO_ISSUER or name != LINKED_IDENTITIES)
                    and (Permission.AUDIT in identity.permissions or name != READ_OVER_THE_API)
                ),
            )
            for label, entries in MENU
        ),
        Group(
            "You",
            (
                Entry("Your password", own, request.path == own),
                Entry("Your second factor", factor, request.path.startswith(factor)),
            ),
        ),
    )


def _first(request: HttpRequest, identity: Identity) -> Iterator[Entry]:
    home, worksheet = reverse("admin:index"), reverse("admin:worksheet")
    yield Entry("Home", home, request.path == home)
    if Permission.RECORD in identity.permissions:
        yield Entry("Worksheet", worksheet, request.path.startswith(worksheet))


def _entry(request: HttpRequest, label: str, model: str) -> Entry:
    url = reverse(f"admin:products_{model}_changelist")
    return Entry(label, url, request.path.startswith(url))
