from __future__ import annotations

from django.db import migrations

from products.migrations._batches import Batched
from products.migrations._0008_triggers import ADD_CHECKPOINT, former_add_checkpoint


class Migration(Batched):
    dependencies = [
        ("products", "0007_second_factors"),
    ]

    operations = [
        migrations.RunSQL(ADD_CHECKPOINT, former_add_checkpoint()),
    ]
