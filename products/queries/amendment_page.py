"""What the second person sees of an amendment: what was, what is proposed, and the source."""

from __future__ import annotations

from dataclasses import dataclass

from products.domain.criteria import Verdict
from products.models import Amendment, Evidence, Investigation, Run
from products.queries.attachments import files_of_lot
from products.queries.run_page import AmendmentLine, RunPage, run_page
from products.queries.runs import recorders_of
from products.queries.versions import second_of, state_of


@dataclass(frozen=True, slots=True)
class AmendmentPage:
    """``files`` are all that the lot or its runs have; ``concludes`` the investigations that a
    confirmation ends.
    """

    line: AmendmentLine
    run_page: RunPage | None
    files: tuple[Evidence, ...]
    concludes: tuple[Investigation, ...]
    barred: frozenset[str]
    """Ids of the persons who may not sign second: they filed it or recorded data of the run."""

    @property
    def row(self) -> Amendment:
        return self.line.row

    @property
    def state(self) -> str:
        return self.line.state


def amendment_page(amendment: Amendment) -> AmendmentPage:
    run = amendment.run
    page = run_page(run) if run else None
    line = AmendmentLine(amendment, second_of(amendment), state_of(amendment), ())
    if page is not None:
        line = next(one for one in page.amendments if one.row.pk == amendment.pk)
    barred = {amendment.signature.person_id, *(recorders_of(run) if run else ())}
    return AmendmentPage(
        line=line,
        run_page=page,
        files=files_of_lot(amendment.lot),
        concludes=_concludes(run),
        barred=frozenset(str(person) for person in barred),
    )


def _concludes(run: Run | None) -> tuple[Investigation, ...]:
    if run is None:
        return ()
    rows = Investigation.objects.filter(
        run=run, conclusion__isnull=True, result__verdict__in=[Verdict.FAIL, Verdict.INVALID]
    )
    return tuple(rows.select_related("result").order_by("number"))
