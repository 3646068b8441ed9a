from __future__ import annotations

from django.db import migrations

from products.migrations._0008_triggers import ADD_CHECKPOINT, former_add_checkpoint


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0007_second_factors"),
    ]

    operations = [
        migrations.RunSQL(ADD_CHECKPOINT, former_add_checkpoint()),
    ]
