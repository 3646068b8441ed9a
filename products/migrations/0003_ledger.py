from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0002_corrections_and_registers"),
    ]

    operations = []
