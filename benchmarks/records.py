"""The records that the benchmarks measure on: one complete lot of twenty results, and copies."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, Model
from django.test import override_settings

from products import models
from products.actions.naming import begin, end
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import review_results
from products.domain.calculations import Formula, ReadingFacts
from products.domain.criteria import Category, Criterion, Stage
from products.domain.results import Purpose
from products.models import Lot
from tests import records
from tests.conftest import CHEAP_HASHERS, Databases, use
from tests.records import ENDOTOXIN, PURITY, STERILITY, VIABILITY, context, people, time_is

_RUNS = "run_id IN (SELECT id FROM products_run WHERE lot_id = %(lot)s)"
_REVIEWS = "SELECT signature_id FROM products_review WHERE lot_id = %(lot)s"
Copied = tuple[tuple[type[Model], str], ...]
COPIED: Copied = (
    (models.Lot, "id = %(lot)s"),
    (models.LotSource, "lot_id = %(lot)s"),
    (models.Sample, "lot_id = %(lot)s"),
    (models.Run, "lot_id = %(lot)s"),
    (models.RunMedia, _RUNS),
    (models.Reading, _RUNS),
    (models.RunSupport, _RUNS),
    (models.Result, _RUNS),
    (models.Signature, f"id IN ({_REVIEWS})"),
    (models.Review, "lot_id = %(lot)s"),
    (models.ReviewItem, "review_id IN (SELECT id FROM products_review WHERE lot_id = %(lot)s)"),
)
"""What a lot consists of, each with the condition that finds it."""
_SOURCES = "SELECT source_id FROM products_lotsource WHERE lot_id = %(lot)s"
_DONORS = f"SELECT donor_id FROM products_tissuesource WHERE id IN ({_SOURCES})"  # noqa: S608  # our own words
_FOUND = f"SELECT signature_id FROM products_determination WHERE donor_id IN ({_DONORS})"  # noqa: S608  # our own words
WITH_DONOR: Copied = (
    (models.Donor, f"id IN ({_DONORS})"),
    (models.TissueSource, f"id IN ({_SOURCES})"),
    (models.Signature, f"id IN ({_FOUND})"),
    (models.Determination, f"donor_id IN ({_DONORS})"),
    *COPIED,
)
"""A lot and a donor of its own."""

NUMBER = "BENCH-0001"
RESULTS = 20
AGE = timedelta(days=30)
MEASURED = (VIABILITY, PURITY, ENDOTOXIN, STERILITY)


@contextmanager
def benchmark_database(*, keep: bool = False) -> Iterator[None]:
    """A new database on the test cluster, where records may have a past, dropped at the end
    unless it is to be kept.
    """
    databases = Databases()
    databases.build_templates()
    name = f"exolot_bench_{uuid.uuid4().hex[:12]}"
    databases.create(name)
    try:
        with databases.connect(name) as owner:
            owner.execute("SELECT set_config('exolot.action', 'system.provision', false)")
            owner.execute("UPDATE products_installation SET kind = 'demo'")
        use(name)
        with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS, API_REQUESTS_PER_MINUTE=1_000_000):
            yield
    finally:
        use("postgres")
        if not keep:
            databases.drop(name)


def criteria(results: int = RESULTS) -> tuple[Criterion, ...]:
    """Viability, purity, endotoxin and sterility, then values of a method each."""
    values = [
        replace(
            VIABILITY,
            code=f"value-{number:02d}",
            attribute=f"Value {number}",
            category=Category.PURITY,
            stage=Stage.FINAL_CONTAINER,
            method=method,
        )
        for number, method in enumerate(_value_methods(results - len(MEASURED)), 1)
    ]
    return (*MEASURED, *values)[:results]


def complete_lot(number: str = NUMBER, results: int = RESULTS) -> Lot:
    """A lot with one reviewed result for each criterion, recorded over the last month."""
    asked = criteria(results)
    lot, runs = tested_lot(number, asked, criteria=asked)
    finish(lot, runs)
    return lot


def tested_lot(
    number: str, asked: Sequence[Criterion], **changes: Any
) -> tuple[Lot, list[models.Run]]:
    """A lot made a month ago with a run for each criterion ``asked``, nothing reviewed and no
    incubation read to its end. ``changes`` are of the lot.
    """
    runs = []
    with time_is(records.now() - AGE):
        for criterion in asked:
            if criterion not in MEASURED:
                records.approved_method(criterion.method, formula=Formula.VALUE, unit="%")
        lot = records.lot(number, **changes)
        samples = {
            stage: records.sample(number, stage).number
            for stage in (Stage.PARENT_CELLS, Stage.FINAL_CONTAINER)
        }
        for criterion in asked:
            readings = None if criterion in MEASURED else [ReadingFacts("value", "98.2")]
            result = records.submitted_run(
                criterion, readings, lot=number, sample=samples[criterion.stage]
            )
            runs.append(result.run)
    return lot, runs


def finish(lot: Lot, runs: Sequence[models.Run]) -> None:
    """Read what was incubated, and review everything."""
    read_at = lot.recorded_at + records.INCUBATION + timedelta(hours=1)
    with time_is(read_at + timedelta(hours=1)):
        for run in runs:
            if run.method_version.incubation_hours is not None:
                save_readings(
                    context(people().analyst), run=run.number, readings=records.vessels(read_at)
                )
                submit_run(context(people().analyst), run=run.number)
        review_results(
            context(people().reviewer), lot=lot.number, runs=[run.number for run in runs]
        )


def copies_of(lot: Lot, count: int, copied: Copied = COPIED) -> list[uuid.UUID]:
    """``count`` more lots with the same records, under keys and numbers of their own."""
    keys = [str(uuid.uuid4()) for _ in range(count)]
    statements = [_copying(model, where, dict(copied)) for model, where in copied]
    with transaction.atomic(), connection.cursor() as cursor:
        begin("system.benchmark", context(people().analyst))
        for statement in statements:
            cursor.execute(statement, {"lot": lot.pk, "keys": keys})
        end()
        cursor.execute("SELECT id FROM products_lot WHERE number LIKE %s", [f"{lot.number}.%"])
        return [row[0] for row in cursor.fetchall()]


def open_again(lot: str, criterion: Criterion) -> str:
    """The number of another run of the criterion, which counts for nothing and waits for data."""
    run = records.opened_run(criterion, lot=lot, purpose=Purpose.INFORMATION)
    return run.number


def _value_methods(count: int) -> list[str]:
    return [f"VAL-{number:02d}" for number in range(1, count + 1)]


def _copying(model: type[Model], where: str, copied: Mapping[type[Model], str]) -> str:
    """The statement that copies the rows of one table, once for each key: every key of a copied
    record becomes the hash of the old key and the copy's, so that the links between copies hold.
    """
    columns: list[str] = []
    values: list[str] = []
    for field in model._meta.local_fields:  # noqa: SLF001  # Django's documented interface
        kept = field.is_relation and field.related_model not in copied
        column = str(field.column)
        columns.append(column)
        if column == "number" and isinstance(field, CharField):
            values.append("number || '.' || made.index")
        elif column == "code":
            values.append("code || '-' || made.index")
        elif column == "content":
            # What was signed names its record.
            values.append(
                "convert_to(replace(convert_from(content, 'UTF8'), record_id::text, "
                "(md5(record_id::text || made.key)::uuid)::text), 'UTF8')"
            )
        elif field.primary_key or column == "record_id" or (field.is_relation and not kept):
            values.append(f"md5({column}::text || made.key)::uuid")
        else:
            values.append(column)
    table = model._meta.db_table  # noqa: SLF001
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608  # our own words
        f"SELECT {', '.join(values)} FROM {table}, "
        f"unnest(%(keys)s::text[]) WITH ORDINALITY AS made (key, index) WHERE {where}"
    )
