from __future__ import annotations

from django.db import migrations, models

from products.migrations._batches import Batched


class Migration(Batched):
    dependencies = [
        ("products", "0011_accesses"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                fields=["judged_at", "id"],
                name="lot_ready",
                condition=models.Q(blocks=[], release_status="quarantined"),
            ),
        ),
        migrations.AddIndex(
            model_name="result",
            index=models.Index(
                fields=["final_at", "id"],
                name="result_incubating",
                condition=models.Q(final=False),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["state", "recorded_at", "id"],
                name="run_open",
                condition=models.Q(state__in=["saved", "returned"]),
            ),
        ),
    ]
