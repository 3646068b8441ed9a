from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import products.models.fields
from products.migrations._batches import Batched
from products.migrations._0005_triggers import (
    DROP_FUNCTIONS,
    FUNCTIONS,
    drop_triggers,
    triggers,
)


def _key() -> models.UUIDField[object, object]:
    return models.UUIDField(
        db_default=products.models.fields.UUIDv7(),
        default=products.models.fields.uuid7,
        editable=False,
        primary_key=True,
        serialize=False,
    )


def _recorded_at() -> models.DateTimeField[object, object]:
    return models.DateTimeField(
        db_default=django.db.models.functions.datetime.Now(), editable=False
    )


class Migration(Batched):
    dependencies = [
        ("products", "0004_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestDone",
            fields=[
                ("id", _key()),
                ("recorded_at", _recorded_at()),
                ("key", models.CharField(blank=True, max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("action", models.CharField(max_length=64)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests_done",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["user", "sha256"], name="request_done_by_content")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True),
                        fields=("user", "key"),
                        name="request_done_once_per_key",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("key", "")),
                        fields=("user", "sha256"),
                        name="request_done_once_without_key",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestAnswer",
            fields=[
                ("id", _key()),
                ("recorded_at", _recorded_at()),
                ("status", models.PositiveSmallIntegerField()),
                ("headers", models.JSONField()),
                ("body", models.TextField()),
                (
                    "request",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answer",
                        to="products.requestdone",
                    ),
                ),
            ],
            options={"ordering": ["id"]},
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(triggers(), drop_triggers()),
    ]
