"""Your second factor: one's own apps, passkeys and recovery codes, enrolled and removed here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from products.actions.factors import (
    confirm_totp,
    enrol_passkey,
    enrol_totp,
    issue_recovery_codes,
    remove_factor,
)
from products.admin.asking import answer_in, host_of
from products.admin.factor_forms import (
    CodesForm,
    FirstCodeForm,
    NameForm,
    PasskeyForm,
    RemovalForm,
)
from products.admin.factors_shown import copies_told, factor_row, in_groups, picture
from products.admin.pages import ActionPage, Crumb, Done, answer
from products.admin.parts import Option, Table, divided
from products.admin.requests import identity_in
from products.domain.factors import FactorKind, enrolment_uri, secret_text
from products.domain.passkeys import Purpose, enrolment_options
from products.models import Factor, User
from products.queries.factors import (
    challenge_for,
    factors,
    kinds_held,
)

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

ABOUT = (
    "A second factor is asked for beside your password: when you sign in, when you sign, and when "
    "you issue a token. Whoever has learned your password still cannot sign as you."
)
ON_TELEPHONE = (
    "Scan the picture with your authenticator app, or type the secret into it. Then type the code "
    "that the app shows: only then does the app count."
)
WITHOUT_KEY = "this installation has no key to keep secrets under (FACTOR_KEY); ask who runs it."


class OwnFactorPages:
    """The pages under ``/admin/second-factor/``, each about the reader's own account."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "second-factor/": ("second_factor", self.overview),
            "second-factor/app/": ("second_factor_app", self.enrol_app),
            "second-factor/app/<uuid:key>/": ("second_factor_confirm", self.confirm),
            "second-factor/passkey/": ("second_factor_passkey", self.enrol_passkey),
            "second-factor/recovery-codes/": ("second_factor_codes", self.codes),
            "second-factor/<uuid:key>/remove/": ("second_factor_remove", self.remove),
        }
        return [
            path(address, self.site.admin_view(view), name=name)
            for address, (name, view) in pages.items()
        ]

    def overview(self, request: HttpRequest) -> HttpResponse:
        account = _account(request)
        held = kinds_held(account.pk)
        zone = identity_in(request).zone
        rows = list(factors().filter(user=account, removal__isnull=True))
        why_no_app = "" if settings.FACTOR_KEYS else WITHOUT_KEY
        why_no_codes = "" if held else "they stand in for a second factor, and you have none."
        return TemplateResponse(
            request,
            "admin/exolot/second_factor.html",
            {
                **self.site.each_context(request),
                "title": "Your second factor",
                "intro": ABOUT,
                "is_demanded": settings.SIGNERS_NEED_SECOND_FACTOR and not held,
                "copies": copies_told(account, zone),
                "table": Table(
                    "What you have",
                    ("Name", "Kind", "State", "Enrolled", "Change"),
                    [factor_row(row, zone) for row in rows],
                    empty="You have no second factor.",
                ),
                **divided(
                    [
                        Option(
                            "Enrol an authenticator app",
                            reverse("admin:second_factor_app"),
                            why_no_app,
                            "" if held else "primary",
                        ),
                        Option("Enrol a passkey", reverse("admin:second_factor_passkey")),
                        Option(
                            "Make recovery codes",
                            reverse("admin:second_factor_codes"),
                            why_no_codes,
                        ),
                    ]
                ),
            },
        )

    def enrol_app(self, request: HttpRequest) -> HttpResponse:
        def perform(context: Any, typed: dict[str, Any]) -> HttpResponse:
            factor, secret = enrol_totp(context, name=typed["name"])
            uri = enrolment_uri(secret, context.actor.username)
            shown = {"secret": in_groups(secret_text(secret)), "picture": picture(uri)}
            return self._show_once(
                request, "admin/exolot/new_app.html", f"Confirm {factor.name}", factor, shown
            )

        return self._answer(
            request,
            action="factor.enrol_totp",
            title="Enrol an authenticator app",
            form_class=NameForm,
            perform=perform,
            submit="Show the secret",
            intro="Any app for codes of six digits will do. The secret is shown once, on the next "
            "page: have the telephone at hand.",
        )

    def confirm(self, request: HttpRequest, key: UUID) -> HttpResponse:
        return self._about_one(
            request,
            key,
            change=confirm_totp,
            done="{0.name} is your second factor from now on.",
            action="factor.confirm_totp",
            title="Confirm {0.name}",
            form_class=FirstCodeForm,
            submit="Confirm the app",
            intro="Type the code that the app shows now. If the secret is not in the app, enrol it "
            "again: it is not shown twice.",
        )

    def enrol_passkey(self, request: HttpRequest) -> HttpResponse:
        account = _account(request)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            factor = enrol_passkey(
                context, name=typed["name"], made=answer_in(request, typed["made"])
            )
            return Done(self._home(), f"{factor.name} is your second factor from now on.")

        def shown() -> dict[str, Any]:
            held = factors().filter(user=account, kind=FactorKind.PASSKEY, removal__isnull=True)
            options = enrolment_options(
                challenge_for(account.pk, Purpose.ENROL, timezone.now()),
                host=host_of(request),
                account=str(account.pk),
                username=account.username,
                printed_name=account.printed_name,
                held=[one.credential_id for one in held],
            )
            return {"making": json.dumps(options), "own_account": True}

        return self._answer(
            request,
            action="factor.enrol_passkey",
            title="Enrol a passkey",
            form_class=PasskeyForm,
            perform=perform,
            submit="Make the passkey",
            intro="A passkey is kept by this device or by a security key, and is bound to the "
            f"address {host_of(request)}. It signs on these pages; programs that use the API need "
            "an authenticator app.",
            template="admin/exolot/new_passkey.html",
            shown=shown,
        )

    def codes(self, request: HttpRequest) -> HttpResponse:
        def perform(context: Any, _: dict[str, Any]) -> HttpResponse:
            factor, made = issue_recovery_codes(context)
            return self._show_once(
                request,
                "admin/exolot/new_codes.html",
                "Your recovery codes",
                factor,
                {"codes": made},
            )

        return self._answer(
            request,
            action="factor.issue_recovery_codes",
            title="Make recovery codes",
            form_class=CodesForm,
            perform=perform,
            submit="Make new codes",
            intro="Each opens the door once, when your telephone or key is not at hand. They sign "
            "nothing. Codes that you made before open nothing any more.",
        )

    def remove(self, request: HttpRequest, key: UUID) -> HttpResponse:
        return self._about_one(
            request,
            key,
            change=remove_factor,
            done="{0.name} is removed.",
            action="factor.remove",
            title="Remove {0}",
            form_class=RemovalForm,
            submit="Remove it",
            submit_class="danger",
            intro="It proves nothing from then on. With the last app or passkey your recovery "
            "codes go too, and a password of fewer than 15 characters has to be changed at once.",
        )

    def _about_one(
        self,
        request: HttpRequest,
        key: UUID,
        *,
        change: Callable[..., Factor],
        done: str,
        title: str,
        **page: Any,
    ) -> HttpResponse:
        """A page that changes one of one's own factors, which ``done`` and ``title`` name."""
        factor = self._own(request, key)

        def perform(context: Any, _: dict[str, Any]) -> Done:
            change(context, factor=factor.pk)
            return Done(self._home(), done.format(factor))

        return self._answer(request, title=title.format(factor), perform=perform, **page)

    def _answer(self, request: HttpRequest, **page: Any) -> HttpResponse:
        crumb = Crumb("Your second factor", self._home())
        return answer(
            self.site,
            request,
            ActionPage(
                **{"shown": lambda: {"own_account": True}, **page}, back=crumb.url, crumbs=(crumb,)
            ),
        )

    def _show_once(
        self, request: HttpRequest, template: str, title: str, factor: Factor, shown: dict[str, Any]
    ) -> HttpResponse:
        response = TemplateResponse(
            request,
            template,
            {
                **self.site.each_context(request),
                "title": title,
                "factor": factor,
                "form": FirstCodeForm(),
                "about": ON_TELEPHONE,
                "back": self._home(),
                "crumbs": (Crumb("Your second factor", self._home()),),
                **shown,
            },
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def _own(self, request: HttpRequest, key: UUID) -> Factor:
        found = factors().filter(pk=key, user=_account(request), removal__isnull=True).first()
        if found is None:
            raise Http404("You have no such second factor.")
        return found

    def _home(self) -> str:
        return reverse("admin:second_factor")


def _account(request: HttpRequest) -> User:
    return cast("User", request.user)
