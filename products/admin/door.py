"""The door in two steps: the password, then the second factor of who has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from products.actions.sign_in import sign_in_fully
from products.admin.asking import (
    CODE,
    PASSKEY,
    Asked,
    answer_in,
    asked_of,
    code_field,
    passkey_field,
)
from products.admin.entering import (
    BY_PASSWORD,
    HALF,
    Way,
    complete_sign_in,
    half_signed_in,
    sign_in_to,
)
from products.admin.sign_in import SignInForm, context_at_door
from products.domain.errors import DomainError
from products.models import User

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

REFUSED = (
    "That did not prove your second factor: the code is wrong or was used, or the account is "
    "closed or locked for a while after several wrong ones. The attempt is recorded."
)
TOO_LATE = (
    "More than ten minutes passed, or your password or the link of your identity was changed "
    "meanwhile. Begin again."
)


class FactorForm(forms.Form):
    """A code of an app or a recovery code, or the answer of a passkey."""

    use_required_attribute = False

    def __init__(self, asked: Asked, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        self.asked = asked
        self.fields[CODE] = code_field(
            "The six digits of your authenticator app, or one of your recovery codes."
            if asked.has_code
            else "One of your recovery codes, if your passkey is not at hand.",
            "Code",
        )
        self.fields[CODE].widget.attrs |= {"inputmode": "text", "autofocus": True}
        if asked.options:
            self.fields[PASSKEY] = passkey_field()


class Door:
    """Both steps, as pages of the admin."""

    def __init__(self, site: AdminSite) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        return [
            path(
                "login/second-factor/",
                never_cache(sensitive_post_parameters()(self.second_step)),
                name="second_step",
            )
        ]

    def first_step(self, request: HttpRequest) -> HttpResponse:
        if request.method == "GET" and self.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.site.each_context(request),
            "title": "Sign in",
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
        }
        return cast("HttpResponse", FirstStep.as_view(extra_context=context)(request))

    def second_step(self, request: HttpRequest) -> HttpResponse:
        account, way = half_signed_in(request) or (None, BY_PASSWORD)
        asked = asked_of(request, account, signs=False) if account else None
        if account is None or asked is None:
            request.session.pop(HALF, None)
            messages.warning(request, TOO_LATE)
            return HttpResponseRedirect(reverse("admin:login"))
        form = FactorForm(asked, request.POST if request.method == "POST" else None)
        if form.is_valid() and (found := self._proved(request, account, way, form)):
            wanted = request.session.pop(HALF)["next"]
            sign_in_to(request, found, way)
            return HttpResponseRedirect(wanted)
        return TemplateResponse(
            request,
            "admin/second_step.html",
            {**self.site.each_context(request), "title": "Second factor", "form": form},
        )

    def _proved(
        self, request: HttpRequest, account: User, way: Way, form: FactorForm
    ) -> User | None:
        typed, answered = form.cleaned_data[CODE], form.cleaned_data.get(PASSKEY, "")
        if not typed.strip() and not answered:
            form.add_error(CODE, "Type a code, or use your passkey.")
            return None
        context = context_at_door(
            request, second_factor=typed, passkey=answer_in(request, answered)
        )
        try:
            found = sign_in_fully(context, request, username=account.username, method=way.method)
        except DomainError as error:
            form.add_error(None, error.message)
            return None
        if found is None:
            form.add_error(None, REFUSED)
        return found


class FirstStep(LoginView):
    authentication_form = SignInForm
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """Who has a second factor is asked for it; who has none is inside."""
        account = form.get_user()
        return complete_sign_in(self.request, account, BY_PASSWORD, self.get_success_url())
