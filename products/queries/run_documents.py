"""Runs as clients read them, as the database's own JSON: one statement for any number of runs.

Readings and supporting records come with them only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from products.domain.amendments import SecondOutcome
from products.domain.criteria import Criterion
from products.domain.errors import NotFoundError
from products.queries.documents import specifications
from products.queries.lot_rows import Row, rows_of
from products.queries.run_statements import RUN, RUNS, WHOLE_RUNS
from products.queries.versions import COUNTS, REFUSED, REPLACED, WAITS


def run_documents(runs: Collection[UUID], *, whole: bool = False) -> dict[UUID, Row]:
    """Each run, by id; ``whole``: with its readings and supporting records."""
    if not runs:
        return {}
    found = list(rows_of(WHOLE_RUNS if whole else RUNS, {"runs": list(runs)}))
    criteria = _criteria(found)
    for row in found if whole else ():
        _tell_readings(row["readings"])
    return {UUID(row.pop("id")): _finished(row, criteria) for row in found}


def run_document(number: str) -> Row:
    """One run with its readings and supporting records.

    Raises:
        NotFoundError: there is no such run.
    """
    row = next(rows_of(RUN, {"number": number}), None)
    if row is None:
        raise NotFoundError(f"There is no run {number!r}.", field="run")
    del row["id"]
    _tell_readings(row["readings"])
    return _finished(row, _criteria([row]))


def _tell_readings(readings: list[Row]) -> None:
    """Whether each is in effect at its place, in place of the columns that tell it."""
    current = {
        _place(reading): reading["sequence"] for reading in readings if _is_in_effect(reading)
    }
    for reading in readings:
        is_latest = current.get(_place(reading)) == reading["sequence"]
        reading["is_current"] = is_latest and not reading["removed"]
        del reading["needs_second"], reading["second"]


def _criteria(rows: list[Row]) -> dict[str, Criterion]:
    """By their ids, those of every specification version that a run was opened under."""
    asked = {row["specification_id"] for row in rows if row["specification_id"]}
    return {
        item.id: item.criterion
        for document in specifications(asked).values()
        for item in document.criteria
    }


def _finished(row: Row, criteria: Mapping[str, Criterion]) -> Row:
    del row["specification_id"]
    criterion = criteria.get(row.pop("criterion_id"))
    row["limit"] = criterion.limit_text if criterion else None
    waiting = (found["number"] for found in row["amendments"] if _is_waiting(found))
    row["waiting_amendment"] = next(waiting, None)
    for amendment in row["amendments"]:
        amendment["state"] = _state(amendment)
        del amendment["needs_second"], amendment["second"]
    counting = next((one for one in reversed(row["results"]) if _is_in_effect(one)), None)
    row["invalidated_by"] = counting["invalidated_by"] if counting else None
    _tell_versions(row["results"], counting, row.pop("specification_version"))
    finished: Row = _with_instants(row)
    return finished


def _tell_versions(results: list[Row], counting: Row | None, specification: int | None) -> None:
    """What each version is to the others, in place of the columns that tell it."""
    corrected_by = {
        result["corrects"]: result["amendment"]
        for result in results
        if result["amendment"] and (_is_in_effect(result) or _is_waiting(result))
    }
    for result in results:
        result["standing"] = COUNTS if result is counting else _standing(result)
        result["superseded_by"] = corrected_by.get(result.pop("id"))
        judged = {key: result[key] for key in ("verdict", "reported", "unit", "explanation")}
        result["judgements"].insert(0, {"specification_version": specification} | judged)
    for result in results:
        del result["needs_second"], result["second"], result["corrects"]


def _is_in_effect(part: Row) -> bool:
    return not part["needs_second"] or part["second"] == SecondOutcome.CONFIRMED


def _is_waiting(part: Row) -> bool:
    return bool(part["needs_second"]) and part["second"] is None


def _state(amendment: Row) -> str:
    if _is_waiting(amendment):
        return WAITS
    return "in_effect" if _is_in_effect(amendment) else REFUSED


def _standing(result: Row) -> str:
    if _is_waiting(result):
        return WAITS
    return REPLACED if _is_in_effect(result) else REFUSED


def _place(reading: Row) -> tuple[object, ...]:
    """Where a reading stands in its run, as `products.queries.runs.place_of`."""
    places = ("name", "replicate", "vessel", "medium", "role", "read_at")
    return tuple(reading[place] for place in places)


def _with_instants(value: Any) -> Any:
    """``value`` with its instants as such; the database writes them with an offset."""
    if isinstance(value, list):
        return [_with_instants(item) for item in value]
    if isinstance(value, dict):
        return {
            key: datetime.fromisoformat(item)
            if key.endswith("_at") and item is not None
            else _with_instants(item)
            for key, item in value.items()
        }
    return value
