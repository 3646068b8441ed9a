from __future__ import annotations

import django.db.models.functions.datetime
from django.db import migrations, models

import products.models.fields
from products.migrations._batches import Batched
from products.migrations._0006_triggers import (
    DROP_FUNCTIONS,
    DROP_TRIGGERS,
    END,
    FORMER_END,
    FUNCTIONS,
    triggers,
)


class Migration(Batched):
    dependencies = [
        ("products", "0005_bound_signatures"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backup",
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
                ("made_at", models.DateTimeField()),
                ("file_name", models.CharField(max_length=255)),
                (
                    "size",
                    models.PositiveBigIntegerField(help_text="Bytes of the dump in the file."),
                ),
                (
                    "sha256",
                    models.CharField(
                        help_text="Of the dump in the file, hexadecimal.", max_length=64
                    ),
                ),
                ("product_version", models.CharField(max_length=32)),
            ],
            options={
                "ordering": ["made_at"],
                "indexes": [models.Index(fields=["made_at"], name="backup_by_time")],
            },
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(END, FORMER_END),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
