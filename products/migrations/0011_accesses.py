from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import products.models.fields
from products.migrations._0011_triggers import DROP_TRIGGERS, triggers
from products.migrations._batches import Batched


class Migration(Batched):
    dependencies = [
        ("products", "0010_lists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Access",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=products.models.fields.UUIDv7(),
                        default=products.models.fields.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("method", models.CharField(max_length=16)),
                ("path", models.CharField(max_length=1000)),
                ("query", models.CharField(blank=True, max_length=4000)),
                ("kind", models.CharField(blank=True, max_length=64)),
                ("record", models.CharField(blank=True, max_length=400)),
                (
                    "status",
                    models.PositiveSmallIntegerField(help_text="Of the answer (RFC 9110, 15)."),
                ),
                ("request_id", models.CharField(max_length=64)),
                ("address", models.CharField(blank=True, max_length=64)),
                (
                    "token",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accesses",
                        to=settings.KNOX_TOKEN_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accesses",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "accesses",
                "indexes": [
                    models.Index(fields=["recorded_at"], name="access_by_time"),
                    models.Index(fields=["user", "recorded_at"], name="access_by_user"),
                    models.Index(fields=["record", "recorded_at"], name="access_by_record"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("method", ""), _negated=True),
                            models.Q(("path", ""), _negated=True),
                            ("status__gte", 100),
                            ("status__lt", 600),
                        ),
                        name="access_says_what_was_asked",
                    )
                ],
            },
        ),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
