from __future__ import annotations

from datetime import date

import django.contrib.postgres.indexes
import django.db.models.functions.comparison
from django.db import migrations, models

from products.migrations._batches import Batched


class Migration(Batched):
    dependencies = [
        ("products", "0009_identities"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                django.db.models.functions.comparison.Coalesce(
                    "expires_on", models.Value(date(9999, 12, 31))
                ),
                models.F("id"),
                name="lot_by_last_day",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["recorded_at"], name="lot_by_time"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass("blocks", name="jsonb_path_ops"),
                name="lot_by_blocks",
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(fields=["verdict", "id"], name="result_by_verdict"),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(fields=["recorded_at"], name="result_by_time"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["performed_at", "id"], name="run_by_performed"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["recorded_at"], name="run_by_time"),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(fields=["drawn_at", "id"], name="sample_by_drawn"),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(fields=["recorded_at"], name="sample_by_time"),
        ),
    ]
