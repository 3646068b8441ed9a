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
                fields=["run"],
                name="result_not_final",
                condition=models.Q(
                    ("final", False),
                    models.Q(("verdict__in", ["interim", "pending"]), _negated=True),
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["method_version"],
                name="run_for_other_purpose",
                condition=models.Q(("purpose__in", ["release", "repeat", "retest"]), _negated=True),
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
