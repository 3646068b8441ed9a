"""What a worksheet is made of, as its address names it: samples, or runs and a look at vessels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from products.admin.forms import at_local_time, instant, whole_number, zone
from products.admin.requests import identity_in
from products.domain.errors import ConfigurationError
from products.domain.lots import zone_named
from products.domain.worksheets import Look
from products.models import MethodVersion, Run
from products.queries.worksheet_choices import Candidate, candidates, methods_on_worksheets
from products.queries.worksheets import MOST_RUNS, SheetRun, has_vessels, sheet_runs

MOST_VESSELS = 12
"""Of one medium and kind in one run."""


class UnfitError(Exception):
    """The runs or samples named do not make one worksheet; the message says why.

    ``query`` is what the start page goes on with.
    """

    def __init__(self, message: str, query: str = "") -> None:
        super().__init__(message)
        self.query = query


class LookForm(forms.Form):
    """When the vessels are read, and how many a run has that was not read before."""

    use_required_attribute = False
    read_at = instant("Vessels read at", "One time for all that are read now.")
    read_zone = zone()
    products = whole_number("Product vessels", "Of each medium, of a run not read before.")
    controls = whole_number("Control vessels", "Of each medium, of a run not read before.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        for name in ("products", "controls"):
            limits = {"min": 1, "max": MOST_VESSELS}
            self.fields[name].widget.attrs |= limits

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("products", "controls"):
            if not 1 <= cleaned.get(name, 1) <= MOST_VESSELS:
                self.add_error(name, f"From 1 to {MOST_VESSELS}.")
        if "read_zone" in cleaned:
            self._clean_time(cleaned)
        return cleaned

    def _clean_time(self, cleaned: dict[str, Any]) -> None:
        try:
            zone_named(cleaned["read_zone"])
            if "read_at" in cleaned:
                cleaned["read_at"] = at_local_time(cleaned["read_at"], cleaned["read_zone"])
        except ConfigurationError as error:
            self.add_error("read_zone", error.message)
        except forms.ValidationError as error:
            self.add_error("read_at", error)


def look_in(request: HttpRequest, run: Run) -> Look:
    """Raises `UnfitError` for an address that states no look."""
    form = LookForm(request.GET)
    stated = request.GET.copy()
    stated["method"] = run.method_version.method.code
    query = stated.urlencode()
    if not form.is_valid():
        said = (
            f"{form[name].label}: {' '.join(map(str, form.errors[name]))}" for name in form.errors
        )
        raise UnfitError(f"State when the vessels were read. {' '.join(said)}", query)
    read_at = form.cleaned_data["read_at"]
    if read_at > timezone.now():
        at = f"{read_at:%Y-%m-%d %H:%M} ({form.cleaned_data['read_zone']})"
        raise UnfitError(f"The vessels cannot have been read at {at}: that is to come.", query)
    return Look(read_at, form.cleaned_data["products"], form.cleaned_data["controls"])


def refuse_null(request: HttpRequest) -> None:
    """Raises `UnfitError` where a record is named by what no record can be called."""
    named = [*request.POST.getlist("run"), *map(request.GET.get, ("q", "method"))]
    named += [*request.GET.getlist("run"), *request.GET.getlist("pick")]
    if any("\0" in text for text in named if text):
        raise UnfitError("No record's number holds a null character. Type it once more.")


def picked_in(request: HttpRequest) -> tuple[MethodVersion, list[Candidate]]:
    chosen = request.GET.get("method", "")
    version = next((one for one in methods_on_worksheets() if one.method.code == chosen), None)
    if version is None:
        raise UnfitError("Choose a method first.")
    keys = request.GET.getlist("pick")
    if not keys:
        raise UnfitError("Choose at least one sample.")
    if len(keys) > MOST_RUNS:
        raise UnfitError(f"A worksheet takes {MOST_RUNS} runs; {len(keys)} samples were chosen.")
    picked = candidates(version, keys=keys)
    if len(picked) != len(set(keys)):
        unknown = sorted(set(keys) - {one.key for one in picked})
        raise UnfitError(
            f"Method {version.method.code} is not asked for on {unknown[0].replace('~', ', ')}: no "
            "such sample, or the lot's specification does not ask for it at this stage."
        )
    return version, picked


def sheet_in(numbers: Sequence[str], request: HttpRequest) -> tuple[SheetRun, ...]:
    """The runs of one worksheet; the look that culture vessels are read at is in the address.

    Raises:
        UnfitError: they do not fit on one.
        UnknownReferenceError: a number names no run.
    """
    if not numbers:
        raise UnfitError("Choose at least one run.")
    if len(numbers) > MOST_RUNS:
        raise UnfitError(f"A worksheet takes {MOST_RUNS} runs; {len(numbers)} were named.")
    items = sheet_runs(numbers, identity_in(request))
    first = items[0].run
    if has_vessels(first.method_version):
        items = tuple(replace(one, look=look_in(request, first)) for one in items)
    for item in items:
        run = item.run
        if run.method_version_id != first.method_version_id:
            raise UnfitError(
                f"Run {run.number} is by {run.method_version}, run {first.number} by "
                f"{first.method_version}: a worksheet has one method version."
            )
        if run.laboratory is not None:
            raise UnfitError(
                f"Run {run.number} was made by {run.laboratory.name}: its report is entered on the "
                "page of the run."
            )
    return items
