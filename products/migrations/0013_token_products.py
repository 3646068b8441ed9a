from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

from products.migrations._batches import Batched


class Migration(Batched):
    dependencies = [
        ("products", "0012_waiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="apitoken",
            name="products",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=32),
                blank=True,
                help_text="Codes of the products that it is bound to; none: it reads everything.",
                null=True,
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("products__isnull", True),
                    models.Q(("products__len__gt", 0), ("scope", "read")),
                    _connector="OR",
                ),
                name="apitoken_of_products_reads",
            ),
        ),
    ]
