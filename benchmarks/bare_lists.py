"""What lists of lots are measured against: one statement that the database answers as JSON or CSV,
with the rows and fields of the list, and a view of the REST framework as anybody writes it.

No rule, no right, no trail and no filter is asked about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db.models import Prefetch
from django.urls import include, path
from psycopg import sql
from rest_framework import serializers
from rest_framework.generics import RetrieveAPIView

from products.domain.lots import STATUS_LABELS
from products.domain.products import BASIS_LABELS
from products.domain.sources import TISSUE_LABELS
from products.models import Lot, Result, Review, ReviewItem, Run, Signature

# Of the lots in "chosen": the kinds of tissue of the whole genealogy of each.
TISSUES = """
line (lot, ancestor) AS (
    SELECT id, id FROM chosen
    UNION
    SELECT line.lot, link.parent_id FROM line
    JOIN products_lotparent link ON link.lot_id = line.ancestor
),
tissue (lot, kind) AS (
    SELECT DISTINCT line.lot, source.kind FROM line
    JOIN products_lotsource entry ON entry.lot_id = line.ancestor
    JOIN products_tissuesource source ON source.id = entry.source_id
)
"""
ROWS = """
FROM chosen lot
JOIN products_product product ON product.id = lot.product_id
JOIN products_site site ON site.id = lot.site_id
JOIN products_specificationversion specification ON specification.id = lot.specification_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN lot.judged_until > {now} THEN lot.release_status ELSE lot.next_status END,
        coalesce({bases}::jsonb ->> product.basis, product.basis)
            || CASE WHEN product.basis_reference = '' THEN ''
                    ELSE ' (' || product.basis_reference || ')' END,
        CASE WHEN lot.expires_precision = 'month'
             THEN (date_trunc('month', lot.expires_on) + interval '1 month - 1 day')::date
             ELSE lot.expires_on END
) shown (status, basis, last_day)
CROSS JOIN LATERAL (
    SELECT CASE
            WHEN shown.last_day IS NULL AND lot.stability_study = '' THEN 'not recorded'
            WHEN shown.last_day IS NULL THEN 'none: under stability study ' || lot.stability_study
                || CASE WHEN lot.stability_signature_id IS NULL THEN ' (not signed)'
                        ELSE ' (signed)' END
            WHEN lot.expires_precision = 'month' THEN to_char(lot.expires_on, 'YYYY-MM')
                || ' (last day ' || shown.last_day || ', ' || site.zone || ')'
            ELSE lot.expires_on || ' (' || site.zone || ')' END,
        to_char((shown.last_day + 1)::timestamp AT TIME ZONE site.zone AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"')
) expires (text, ends_at)
"""
LIST = (
    """
WITH RECURSIVE chosen AS MATERIALIZED ({chosen}),
"""  # noqa: S608  # our own words
    + TISSUES
    + """
SELECT json_agg(json_build_object(
    'number', lot.number, 'product', product.code, 'status', shown.status,
    'status_label', {statuses}::jsonb ->> shown.status, 'basis', shown.basis, 'blocks', lot.blocks,
    'to_be_judged_again', lot.judged_until <= {now}, 'made_on', lot.made_on,
    'expires', json_build_object('text', expires.text, 'on', shown.last_day,
        'precision', nullif(lot.expires_precision, ''), 'ends_at', expires.ends_at),
    'tissues', (SELECT coalesce(json_agg(json_build_object('kind', kind,
        'label', {tissues}::jsonb ->> kind) ORDER BY kind), '[]') FROM tissue WHERE lot = lot.id),
    'site', site.name, 'specification_version', specification.version, 'version', lot.version,
    'links', json_build_object('self', '/api/v1/lots/' || lot.number || '/',
        'evaluation', '/api/v1/lots/' || lot.number || '/evaluation/',
        'results', '/api/v1/lots/' || lot.number || '/results/',
        'samples', '/api/v1/lots/' || lot.number || '/samples/',
        'specification', '/api/v1/specifications/' || product.code || '/'
            || specification.version || '/')
) ORDER BY lot.made_on DESC, lot.id DESC)::text
"""
    + ROWS
)
NEWEST = "SELECT * FROM products_lot ORDER BY made_on DESC, id DESC LIMIT {limit}"
WINDOW = """
SELECT lot.* FROM products_lot lot JOIN products_product product ON product.id = lot.product_id
WHERE product.code = {product} AND lot.made_on BETWEEN {first} AND {last}
  AND CASE WHEN judged_until > {now} THEN release_status ELSE next_status END = {status}
ORDER BY lot.made_on DESC, lot.id DESC LIMIT {limit}
"""
# One pass over the reasons of a lot, for the six columns of them.
COPY = (
    """
COPY (WITH RECURSIVE chosen AS MATERIALIZED (SELECT * FROM products_lot),
"""  # noqa: S608  # our own words
    + TISSUES
    + """,
tissues (lot, kinds, labels) AS (
    SELECT lot, string_agg(kind, E'\\n' ORDER BY kind),
        string_agg({tissues}::jsonb ->> kind, E'\\n' ORDER BY kind)
    FROM tissue GROUP BY lot
)
SELECT lot.number, product.code AS product, shown.status,
    {statuses}::jsonb ->> shown.status AS status_label, shown.basis,
    block.rules AS "blocks.rule", block.codes AS "blocks.code", block.messages AS "blocks.message",
    block.records AS "blocks.record", block.sources AS "blocks.source",
    block.clears AS "blocks.clears", lot.judged_until <= {now} AS to_be_judged_again, lot.made_on,
    expires.text AS "expires.text", shown.last_day AS "expires.on",
    nullif(lot.expires_precision, '') AS "expires.precision",
    expires.ends_at AS "expires.ends_at", tissues.kinds AS "tissues.kind",
    tissues.labels AS "tissues.label", site.name AS site, specification.version AS
    specification_version, lot.version, '/api/v1/lots/' || lot.number || '/' AS "links.self",
    '/api/v1/lots/' || lot.number || '/evaluation/' AS "links.evaluation",
    '/api/v1/lots/' || lot.number || '/results/' AS "links.results",
    '/api/v1/lots/' || lot.number || '/samples/' AS "links.samples",
    '/api/v1/specifications/' || product.code || '/' || specification.version || '/'
        AS "links.specification"
"""
    + ROWS
    + """
LEFT JOIN tissues ON tissues.lot = lot.id
LEFT JOIN LATERAL (
    SELECT string_agg(rule, E'\\n'), string_agg(code, E'\\n'), string_agg(message, E'\\n'),
        string_agg(record, E'\\n'), string_agg(source, E'\\n'), string_agg(clears, E'\\n')
    FROM jsonb_to_recordset(lot.blocks) AS block (rule text, code text, message text, record text,
        source text, clears text)
    WHERE lot.blocks <> '[]'
) block (rules, codes, messages, records, sources, clears) ON true
ORDER BY lot.made_on DESC, lot.id DESC
) TO STDOUT (FORMAT csv, HEADER)
"""
)


def statement(text: str, **values: Any) -> sql.Composed:
    """With the labels that the list shows, and the instant that it is asked at."""
    known: dict[str, Any] = {
        "now": datetime.now(UTC),
        "statuses": json.dumps({word.value: label for word, label in STATUS_LABELS.items()}),
        "bases": json.dumps({str(word): label for word, label in BASIS_LABELS.items()}),
        "tissues": json.dumps({str(word): label for word, label in TISSUE_LABELS.items()}),
    } | values
    literals = {
        name: found if isinstance(found, sql.Composable) else sql.Literal(found)
        for name, found in known.items()
    }
    return sql.SQL(text).format(**literals)


def bare_list(bare: psycopg.Connection, chosen: str, **values: Any) -> bytes:
    """The rows of the list as JSON."""
    query = statement(LIST, chosen=statement(chosen, **values))
    row = bare.execute(query).fetchone()
    return str(row[0] if row else "[]").encode()


def bare_copy(bare: psycopg.Connection) -> Iterator[bytes]:
    """All lots as CSV."""
    with bare.cursor().copy(statement(COPY)) as copy:
        for part in copy:
            yield bytes(part)


class PlainSignature(serializers.ModelSerializer[Signature]):
    class Meta:
        model = Signature
        fields = ["printed_name", "signed_at", "zone", "meaning", "reason", "content_sha256"]


class PlainReview(serializers.ModelSerializer[Review]):
    signature = PlainSignature()

    class Meta:
        model = Review
        fields = ["comment", "signature"]


class PlainItem(serializers.ModelSerializer[ReviewItem]):
    review = PlainReview()

    class Meta:
        model = ReviewItem
        fields = ["review"]


class PlainResult(serializers.ModelSerializer[Result]):
    submitted_by = serializers.CharField(source="submitted_by.person.printed_name")
    performed_by = serializers.CharField(source="performed_by.printed_name")
    review_item = PlainItem(allow_null=True, default=None)

    class Meta:
        model = Result
        fields = [
            *("version", "verdict", "reported", "raw_text", "unit", "final", "final_at"),
            *("explanation", "details", "reason", "recorded_at", "submitted_by"),
            *("performed_by", "review_item"),
        ]


class PlainRun(serializers.ModelSerializer[Run]):
    sample = serializers.CharField(source="sample.number")
    stage = serializers.CharField(source="sample.stage")
    category = serializers.CharField(source="criterion.category")
    attribute = serializers.CharField(source="criterion.attribute")
    criterion = serializers.CharField(source="criterion.code")
    limit = serializers.CharField(source="criterion.lower")
    method = serializers.CharField(source="method_version.method.code")
    method_version = serializers.IntegerField(source="method_version.version")
    instrument = serializers.CharField(source="instrument.code")
    performed_by = serializers.CharField(source="performed_by.printed_name")
    recorded_by = serializers.CharField(source="recorded_by.person.printed_name")
    media: Any = serializers.StringRelatedField(source="media_links", many=True)
    results = PlainResult(many=True)

    class Meta:
        model = Run
        fields = [
            *("number", "sample", "stage", "category", "attribute", "criterion", "limit", "method"),
            *("method_version", "purpose", "state", "instrument", "from_paper", "media"),
            *("performed_at", "performed_zone", "performed_by", "recorded_at", "recorded_by"),
            *("late_reason", "discard_reason", "results"),
        ]


class PlainLot(serializers.ModelSerializer[Lot]):
    runs = PlainRun(many=True)

    class Meta:
        model = Lot
        fields = ["number", "runs"]


class PlainLots(RetrieveAPIView[Lot]):
    """Anybody's; of what an action could have recorded beside, such as amendments, nothing."""

    authentication_classes = ()
    permission_classes = ()
    serializer_class = PlainLot
    lookup_field = "number"
    queryset = Lot.objects.prefetch_related(
        Prefetch(
            "runs",
            Run.objects.select_related(
                *("sample", "criterion", "method_version__method", "instrument"),
                *("performed_by", "recorded_by__person"),
            ),
        ),
        Prefetch(
            "runs__results",
            Result.objects.select_related(
                "submitted_by__person", "performed_by", "review_item__review__signature"
            ).order_by("version"),
        ),
        "runs__media_links__media_lot",
    )


urlpatterns = [path("plain/<number>/", PlainLots.as_view()), path("", include("qcsite.urls"))]
