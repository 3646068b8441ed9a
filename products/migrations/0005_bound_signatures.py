from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("products", "0004_accounts"),
    ]

    operations = []
