"""What a first visit brings: pages travel compressed, also that of a lot with every chart."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from products.admin.trends import trends_shown
from products.domain.calculations import Formula, ReadingFacts
from products.domain.charts import Slot, chart
from products.domain.criteria import Category, Criterion, LimitKind, Stage
from products.queries.lot_page import lot_page
from products.queries.lot_trends import TrendLine, Trends, lot_trends
from tests.admin.pages import address, the_lot, visitor
from tests.api.clients import client_of
from tests.records import approved_method, lot, now, people, submitted_run

pytestmark = pytest.mark.django_db

HEAVIEST = 150 * 1024
ATTRIBUTES, LOTS = 19, 30
LINKED = re.compile(r'(?:href|src)="/static/([^"]+)"')


def gzipped(path: str) -> bytes:
    client = Client(headers={"Accept-Encoding": "gzip"})
    client.force_login(people().quality)
    answer = client.get(path)
    assert answer.headers["Content-Encoding"] == "gzip"
    return bytes(answer.content)


def test_a_page_travels_compressed_and_an_answer_of_the_api_as_it_is() -> None:
    path = address("lot_changelist")
    plain = visitor("quality").open(path).html
    unlike = re.compile(r'name="csrfmiddlewaretoken" value="\w+"|name="\w+" value="[\w-]{30,}"')

    packed = gzipped(path)
    of_api = client_of("auditor").get("lots/", accept_encoding="gzip")

    assert unlike.sub("", gzip.decompress(packed).decode()) == unlike.sub("", plain)
    assert len(packed) < len(plain) / 2
    assert "Content-Encoding" not in of_api.headers


def attributes() -> list[Criterion]:
    """Nineteen measured by one method, as on a full specification."""
    approved_method("GEN-01", formula=Formula.VALUE, unit="ug/mL")
    return [
        Criterion(
            code=f"attribute_{number}",
            attribute=f"Attribute number {number} of the final container",
            category=list(Category)[number % len(Category)],
            stage=Stage.BULK,
            method="GEN-01",
            kind=LimitKind.LOWER,
            lower="1.00",
            unit="ug/mL",
        )
        for number in range(ATTRIBUTES)
    ]


def many(found: Trends) -> Trends:
    """The one value of the one lot again and again, as if all attributes and neighbours had it."""
    [line], [row], [group] = found.lines, found.rows, found.groups
    [own] = line.trend.lots
    lots = tuple(replace(own, number=f"EV-26-{place:03}") for place in range(LOTS))
    first = own.values[0].value
    drawn = chart([Slot((first + place,), own.lower, own.upper) for place in range(LOTS)])
    assert drawn is not None
    row = replace(row, entries=row.entries * ATTRIBUTES)
    rows = (row, *(replace(row, key=uuid4()) for _ in range(LOTS - 1)))
    lines = (TrendLine(replace(line.trend, lots=lots), drawn),) * ATTRIBUTES
    return Trends(lines, rows, (replace(group, rows=rows, limits=group.limits * ATTRIBUTES),))


def test_a_lot_of_nineteen_attributes_among_thirty_lots_is_light_enough() -> None:
    first, *others = attributes()
    lot(criteria=[first, *others])
    submitted_run(first, [ReadingFacts("value", "3.21")])
    page = visitor("quality").open(address("lot_change", the_lot()))
    record = the_lot()
    found = many(lot_trends(record, lot_page(record, now()).facts))

    shown = page.response.context[0].flatten() | {"trends": trends_shown(found, record.pk)}
    html = render_to_string("admin/products/lot/record.html", shown)

    assert html.count("<figure") == ATTRIBUTES
    assert html.count('tabindex="-1"><title>') == ATTRIBUTES * LOTS
    assert weight(html) < HEAVIEST


def weight(html: str) -> int:
    """Of the page as it travels, with every file that it asks for."""
    files = {str(finders.find(name)) for name in LINKED.findall(html)}
    return len(gzip.compress(html.encode())) + sum(Path(name).stat().st_size for name in files)
