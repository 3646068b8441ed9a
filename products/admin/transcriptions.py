"""Records from paper: transcribed with their scan, and verified beside it by a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from products.actions.base import ACTIONS
from products.actions.paper import KINDS, Subject, name_of, subject_of
from products.actions.transcriptions import transcribe, verify_transcription
from products.admin.attachments import signed_by
from products.admin.evidence import file_choices
from products.admin.forms import ActionForm, day, file_choice, long_text, reference, text, word
from products.admin.pages import ActionPage, Crumb, Done, require
from products.admin.parts import Shown, option
from products.admin.requests import identity_in
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.admin.transcribed import record_link, transcribed
from products.domain.amendments import SecondOutcome
from products.domain.errors import DomainError, InvalidValueError
from products.domain.lots import local_text
from products.domain.results import RunState
from products.domain.transcriptions import TRANSCRIPTION_LABELS, TranscriptionKind
from products.models import Determination, Evidence, Run, Transcription
from products.models.fields import choices_of
from products.queries.attachments import evidence
from products.queries.registers import transcriptions
from products.queries.runs import recorders_of, result_in_effect
from products.templatetags.exolot import badge, mark

OFFERED = 100
OUTCOMES = (
    (SecondOutcome.CONFIRMED.value, "Confirm: the scan shows what was transcribed"),
    (SecondOutcome.REFUSED.value, "Refuse, for good: the scan shows something else"),
)
MEANING = (
    "“Confirmed against the source” or “Refused after comparison with the source”, as you choose"
)


class WhichForm(ActionForm):
    """Which record the paper is the original of."""

    kind = word("Kind of record", choices_of(TranscriptionKind, TRANSCRIPTION_LABELS))
    key = reference(
        "Record",
        "The number of a run or tissue source; or the code and version, as in EXO-1 v2, of a "
        "specification, a method, or a donor's determination.",
    )


class TranscriptionForm(ActionForm):
    aliases = {"key": "evidence", "kind": "evidence"}
    signatory = text("Signed by", "As signed on the paper.")
    dated_on = day("Dated", "The date on the paper.")
    evidence = file_choice("Scan", "Of the files attached to the record.", empty="choose")

    def __init__(self, *args: Any, offered: Sequence[Evidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("evidence", file_choices(offered))


class VerificationForm(ActionForm):
    outcome = word("Outcome", OUTCOMES, empty="choose")
    comment = long_text("Comment", "What you compared; of a refusal: what differs.")


class WaitingFilter(admin.SimpleListFilter):
    title = "second person"
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "has not signed"), ("no", "has signed")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Transcription]
    ) -> QuerySet[Transcription]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return queryset.filter(verification__isnull=self.value() == "yes")


class KindFilter(admin.SimpleListFilter):
    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, label) for kind, label in TRANSCRIPTION_LABELS.items()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Transcription]
    ) -> QuerySet[Transcription]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Transcription, site=site)
class TranscriptionAdmin(RecordAdmin[Transcription]):
    registers = "transcription.record"
    register_label = "Transcribe a record from paper"
    list_title = "From paper"
    list_display = ("number", "of", "state", "signatory", "dated_on", "transcribed_by")
    list_filter = (WaitingFilter, KindFilter)
    search_fields = ("number__iexact", "signatory__icontains", "run__number__istartswith")
    search_help_text = "Transcription, signatory or run"
    # Descending, PostgreSQL lists what has none first: those that wait for the second person.
    ordering = ("-verification", "-recorded_at", "-id")
    record_template = "admin/exolot/transcription.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transcription]:
        return self.get_queryset_of_one()

    def get_queryset_of_one(self) -> QuerySet[Transcription]:
        return transcriptions()

    def page_names(self) -> tuple[str, ...]:
        return ("verify",)

    @admin.display(description="Of")
    def of(self, row: Transcription) -> str:
        return name_of(subject_of(row))

    @admin.display(description="State")
    def state(self, row: Transcription) -> SafeString:
        return state_mark(row)

    @admin.display(description="Transcribed by")
    def transcribed_by(self, row: Transcription) -> str:
        return row.recorded_by.printed_name

    def shown(self, request: HttpRequest, record: Transcription) -> Mapping[str, Any]:
        verification = getattr(record, "verification", None)
        at = local_text(record.recorded_at, identity_in(request).zone)
        facts = [
            ("Of", record_link(subject_of(record))),
            ("Signed on the paper by", record.signatory),
            ("Date on the paper", str(record.dated_on)),
            ("Transcribed", f"by {record.recorded_by.printed_name}, {at}"),
            ("Second person", signed_by(verification.signature) if verification else "nobody yet"),
        ]
        if verification and verification.comment:
            facts.append(("Comment of the second person", verification.comment))
        return {
            "scan": record.evidence,
            **transcribed(subject_of(record)),
            **Shown(
                mark=state_mark(record),
                facts=facts,
                options=[
                    option(
                        request,
                        "transcription.verify",
                        "Verify beside the scan",
                        self.url("verify", record.pk),
                        why_not=unverifiable(record, str(identity_in(request).person)),
                        style="primary",
                    )
                ],
            ).as_context(),
        }

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First which record, then what stands on its paper."""
        permission = ACTIONS[self.registers].permission
        assert permission is not None
        require(request, permission, "transcribing from paper")
        is_asked = "key" in request.GET
        form = WhichForm(request.GET if is_asked else None, suggestions={"key": _papers()})
        if is_asked and form.is_valid():
            try:
                kind = _kind(form.cleaned_data["kind"])
                subject = KINDS[kind].find(form.cleaned_data["key"])
            except DomainError as error:
                form.refuse(error)
            else:
                return self.answer(request, self._transcribing(kind, subject, request.GET["key"]))
        return TemplateResponse(
            request,
            "admin/exolot/which.html",
            {
                **self.admin_site.each_context(request),
                "title": "Transcribe a record from paper",
                "form": form,
                "back": self.url("changelist"),
                "crumbs": (self.list_crumb(),),
            },
        )

    def _transcribing(self, kind: TranscriptionKind, subject: Subject, key: str) -> ActionPage:
        owner = subject.donor if isinstance(subject, Determination) else subject
        offered = list(evidence().filter(**{KINDS[kind].file: owner.pk}))
        name = name_of(subject)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            if typed["evidence"] is None:
                raise InvalidValueError(
                    f"Choose the scan. Attach it to the record first if it is not offered: {name}.",
                    field="evidence",
                )
            row = transcribe(
                context,
                kind=kind,
                key=key,
                signatory=typed["signatory"],
                dated_on=typed["dated_on"],
                evidence=typed["evidence"],
            )
            return Done(
                self.url("change", row.pk),
                f"{row.number} is recorded. It counts once another person has verified it.",
            )

        return ActionPage(
            action="transcription.record",
            title=f"Transcribe from paper: {name}",
            form_class=TranscriptionForm,
            perform=perform,
            submit="Record the transcription",
            template="admin/exolot/transcribe.html",
            intro="Name who signed the paper and when. Only paper of before the site's go-live "
            "date counts, and only once another person has compared it with the record.",
            back=self.url("changelist"),
            arguments={"offered": offered},
            shown=lambda: {"record_link": record_link(subject), **transcribed(subject)},
            crumbs=(self.list_crumb(),),
            is_wide=True,
        )

    def verify_page(self, request: HttpRequest, key: Any) -> HttpResponse:
        record = self.record(key)
        subject = subject_of(record)
        back = self.url("change", record.pk)

        def perform(context: Any, typed: dict[str, Any]) -> Done:
            made = verify_transcription(
                context,
                transcription=record.number,
                outcome=typed["outcome"],
                comment=typed["comment"],
            )
            return Done(back, f"{record.number} is {made.outcome}; your signature is recorded.")

        return self.answer(
            request,
            ActionPage(
                action="transcription.verify",
                title=f"Verify {record.number}: {name_of(subject)}",
                form_class=VerificationForm,
                perform=perform,
                submit="Sign the outcome",
                meaning=MEANING,
                template="admin/exolot/verify.html",
                back=back,
                lot=subject.lot if isinstance(subject, Run) else None,
                shown=lambda: {
                    "record": record,
                    "scan": record.evidence,
                    "record_link": record_link(subject),
                    "why_not": unverifiable(
                        self.record(record.pk), str(identity_in(request).person)
                    ),
                    **transcribed(subject),
                },
                crumbs=(self.list_crumb(), Crumb(record.number, back)),
                is_wide=True,
            ),
        )


def state_mark(row: Transcription) -> SafeString:
    verification = getattr(row, "verification", None)
    if verification is None:
        return badge("open", "!", "Waits for a second person")
    if verification.outcome == SecondOutcome.CONFIRMED:
        return badge("approved", "✓", "Verified")
    return mark(verification.outcome)


def unverifiable(row: Transcription, person: str) -> str:
    """Why this person does not verify it now, empty when nothing speaks against it."""
    verification = getattr(row, "verification", None)
    if verification is not None:
        return f"it was {verification.outcome} already."
    people = {row.recorded_by.person_id, *(recorders_of(row.run) if row.run else ())}
    if person in {str(one) for one in people}:
        return "you transcribed it, or recorded data of the run. Another person verifies it."
    if row.run is not None:
        result = result_in_effect(row.run)
        if row.run.state != RunState.SUBMITTED or result is None or not result.final:
            return f"run {row.run.number} has no final result that stands. It is submitted first."
    return ""


def _kind(typed: str) -> TranscriptionKind:
    try:
        return TranscriptionKind(typed)
    except ValueError:
        known = ", ".join(TranscriptionKind)
        raise InvalidValueError(f"{typed!r} is not one of: {known}.", field="kind") from None


def _papers() -> list[tuple[str, str]]:
    """Runs that were opened as from paper and have no original named yet."""
    runs = Run.objects.filter(from_paper=True, transcription__isnull=True)
    rows = runs.exclude(state__in=[RunState.DISCARDED, RunState.RETRACTED]).order_by("number")
    return [
        (number, "run from paper") for number in rows.values_list("number", flat=True)[:OFFERED]
    ]
