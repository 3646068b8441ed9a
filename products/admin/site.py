"""The admin site: who gets in, what every page shows, sign-in and passwords through actions."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from products.actions.accounts import change_password
from products.actions.base import Context
from products.admin.door import Door
from products.admin.entering import is_still_open, signed_in_by
from products.admin.finding import FindingPages
from products.admin.forms import PasswordChangeForm
from products.admin.navigation import navigation_for
from products.admin.pages import ActionPage, Done, answer
from products.admin.requests import identity_in
from products.admin.second_factors import OwnFactorPages
from products.admin.waiting import WaitingPages
from products.admin.worksheets import WorksheetPages
from products.domain.accounts import SignInMethod
from products.domain.lots import local_text
from products.domain.passwords import SHORTEST
from products.models import User
from products.queries.people import chose_password, is_demo, is_expired, last_reset


class ExolotSite(admin.AdminSite):
    """Roles decide what is shown; Django's own permissions and superusers decide nothing here."""

    site_title = site_header = index_title = "Exolot"
    enable_nav_sidebar = False

    @property
    def door(self) -> Door:
        return Door(self)

    @property
    def waiting(self) -> WaitingPages:
        return WaitingPages(self)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.door.first_step(request)

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return (
            super().has_permission(request)
            and isinstance(user, User)
            and user.locked_at is None
            and not is_expired(user, timezone.now())
            and is_still_open(request)
        )

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT002  # Django's
        def changed_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            """A password that was given, or is too short, is changed before anything else."""
            if getattr(request.user, "must_change_password", False):
                elsewhere = {reverse("admin:password_change"), reverse("admin:logout")}
                if request.path not in elsewhere:
                    messages.warning(request, _why_changed(cast("User", request.user)))
                    return HttpResponseRedirect(reverse("admin:password_change"))
            return cast("HttpResponse", view(request, *args, **kwargs))

        return super().admin_view(changed_first, cacheable)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = {
            "title": "Exolot",
            "site_header": self.site_header,
            "has_permission": self.has_permission(request),
        }
        if not context["has_permission"]:
            sso_name = settings.SSO_NAME if settings.SSO_ISSUER else ""
            return context | {"is_demo": is_demo(), "sso_name": sso_name}
        identity = identity_in(request)
        return context | {
            "identity": identity,
            "is_demo": identity.is_demo,
            "zone": identity.zone,
            "navigation": navigation_for(request, identity),
        }

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return self.waiting.home(request)

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return HttpResponseRedirect(reverse("admin:index"))

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        by_provider = signed_in_by(request) is SignInMethod.PROVIDER
        still_at = settings.SSO_NAME if by_provider else ""
        return super().logout(request, {"still_at": still_at, **(extra_context or {})})

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        def perform(context: Context, typed: dict[str, Any]) -> Done:
            changed = change_password(context, old=typed["old"], new=typed["new"])
            update_session_auth_hash(request, changed)
            return Done(reverse("admin:index"), "Your password is changed.")

        page = ActionPage(
            action="account.change_password",
            title="Change your password",
            form_class=PasswordChangeForm,
            perform=perform,
            submit="Change the password",
            shown=lambda: {"own_account": True},
        )
        return answer(self, request, page)

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        return HttpResponseRedirect(reverse("admin:index"))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Without Django's own pages that nothing here uses."""
        unused = {"autocomplete", "jsi18n", "view_on_site"}
        kept = [url for url in super().get_urls() if getattr(url, "name", None) not in unused]
        return [
            *self.door.urls(),
            *OwnFactorPages(self).urls(),
            *self.waiting.urls(),
            *FindingPages(self).urls(),
            *WorksheetPages(self).urls(),
            *kept,
        ]


def _why_changed(account: User) -> str:
    """Why the password has to be changed."""
    if chose_password(account):
        return (
            f"Your password has fewer than {SHORTEST} characters, and you have no second factor "
            "any more. Choose a longer one first."
        )
    reset = last_reset(account)
    if reset is None:
        return "Your password was set by another person. Choose your own first."
    when = local_text(reset.recorded_at, "UTC")
    return (
        f"{reset.actor_name} reset your password on {when}. Choose your own first. If you did not "
        "ask for it, tell the quality unit."
    )


site = ExolotSite(name="admin")
