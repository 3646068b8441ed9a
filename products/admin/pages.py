"""A page that performs one action: its form, its refusals, its signature."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from products.actions.base import ACTIONS, Context
from products.actions.once import Answer, keep_answer
from products.admin.asking import CODE, PASSKEY, Asked, answer_in, asked_of
from products.admin.forms import DECISION, VERSION, ActionForm, Confirms, LotSeen
from products.admin.once import carried_out_once, outcome_of
from products.admin.requests import context_from, identity_in
from products.domain.errors import DecidedMeanwhileError, DomainError, StaleVersionError
from products.domain.roles import Permission
from products.models import Lot, User

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

STALE = 409
ASKED_BEFORE = frozenset({"request_repeated", "idempotency_key_reused", "answer_not_kept"})


@dataclass(frozen=True, slots=True)
class Crumb:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Done:
    """Where to go after the action, and what to say there."""

    url: str
    message: str = ""


Perform = Callable[[Context, dict[str, Any]], Done | HttpResponse]


@dataclass(frozen=True, slots=True)
class ActionPage:
    """``shown`` is what the template shows beside the form, read anew each time it is shown.

    ``lot`` is the one whose version the form states, None when it acts on no lot's decision.
    """

    action: str
    title: str
    form_class: type[ActionForm]
    perform: Perform
    submit: str
    meaning: str = ""
    intro: str = ""
    back: str = ""
    template: str = "admin/action_form.html"
    lot: Lot | None = None
    initial: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    suggestions: Mapping[str, Iterable[str | tuple[str, str]]] = field(default_factory=dict)
    shown: Callable[[], Mapping[str, Any]] = dict
    crumbs: tuple[Crumb, ...] = ()
    is_wide: bool = False
    submit_class: str = "primary"


def require(request: HttpRequest, permission: Permission, what: str) -> None:
    """Raises `PermissionDenied` with a sentence for whoever lacks the role."""
    identity = identity_in(request)
    if permission not in identity.permissions:
        raise PermissionDenied(
            f"{identity.printed_name} ({identity.roles_text}) may not do this: {what} needs a role "
            f"that may {permission.value.replace('_', ' ')}."
        )


def answer(site: AdminSite, request: HttpRequest, page: ActionPage) -> HttpResponse:
    """Show the form, or perform the action and go on; a refusal keeps what was typed."""
    info = ACTIONS[page.action]
    if info.permission is not None:
        require(request, info.permission, f"“{page.title}”")
    is_sent = request.method == "POST"
    form = page.form_class(
        request.POST if is_sent else None,
        files=request.FILES if is_sent else None,
        initial=dict(page.initial),
        is_signed=info.signed,
        asked=_asked(request, page, is_signed=info.signed),
        lot_seen=_seen(page.lot),
        suggestions=page.suggestions,
        **page.arguments,
    )
    status = 200
    if is_sent and form.is_valid():
        try:
            return _carry_out(request, page, form, is_signed=info.signed)
        except DomainError as error:
            form.refuse(error)
            if error.code in ASKED_BEFORE:
                form.renew()
            seen = _seen(page.lot)
            if seen and isinstance(error, StaleVersionError | DecidedMeanwhileError):
                status = STALE
                form.state_seen(seen)
    return TemplateResponse(
        request, page.template, _shown(site, request, page, form), status=status
    )


def _carry_out(
    request: HttpRequest, page: ActionPage, form: ActionForm, *, is_signed: bool
) -> HttpResponse:
    """Perform the action, once; what was performed before shows its first outcome."""
    with carried_out_once(request, form, is_signed=is_signed) as asked:
        if isinstance(asked, Answer):
            first = f" {asked.body}" if asked.body else ""
            messages.info(request, f"This form was sent twice and carried out once.{first}")
            return HttpResponseRedirect(asked.headers["Location"])
        context = replace(_context(request, form), once=asked)
        done = page.perform(context, form.cleaned_data)
        # What is shown once, such as a new token, is not kept.
        if isinstance(done, Done):
            keep_answer(context, outcome_of(done.url, done.message))
    return _go_on(request, done)


def _go_on(request: HttpRequest, done: Done | HttpResponse) -> HttpResponse:
    if isinstance(done, HttpResponse):
        return done
    if done.message:
        messages.success(request, done.message)
    return HttpResponseRedirect(done.url)


def _seen(lot: Lot | None) -> LotSeen | None:
    if lot is None:
        return None
    return LotSeen(*Lot.objects.values_list("version", "decision_number").get(pk=lot.pk))


def _asked(request: HttpRequest, page: ActionPage, *, is_signed: bool) -> Asked | None:
    if not is_signed and page.form_class.confirms is Confirms.NOTHING:
        return None
    return asked_of(request, cast("User", request.user), signs=is_signed)


def _context(request: HttpRequest, form: ActionForm) -> Context:
    return context_from(
        request,
        form.cleaned_data.get("reason", ""),
        password=form.cleaned_data.get("password", ""),
        second_factor=form.cleaned_data.get(CODE, ""),
        passkey=answer_in(request, form.cleaned_data.get(PASSKEY, "")),
        expected_version=form.cleaned_data.get(VERSION),
        expected_decision=form.cleaned_data.get(DECISION),
    )


def _shown(
    site: AdminSite, request: HttpRequest, page: ActionPage, form: ActionForm
) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "title": page.title,
        "form": form,
        "submit": page.submit,
        "submit_class": page.submit_class,
        "meaning": page.meaning,
        "intro": page.intro,
        "back": page.back,
        "crumbs": page.crumbs,
        "is_wide": page.is_wide,
        **page.shown(),
    }
