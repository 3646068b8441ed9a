from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0005_bound_signatures"),
    ]

    operations = []
