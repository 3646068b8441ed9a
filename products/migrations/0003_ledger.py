from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import products.models.fields
from products.migrations._batches import Batched
from products.migrations._0003_triggers import (
    DROP_FUNCTIONS,
    DROP_INDEXES,
    DROP_TABLES,
    DROP_TRIGGERS,
    FUNCTIONS,
    INDEXES,
    QUEUE_WHAT_IS_THERE,
    TABLES,
    former_audit,
    queueing_audit,
    triggers,
)


class Migration(Batched):
    dependencies = [
        ("products", "0002_corrections_and_registers"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TABLES, DROP_TABLES)],
            state_operations=[
                migrations.CreateModel(
                    name="Leaf",
                    fields=[
                        ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("hash", models.BinaryField()),
                        (
                            "entry",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="leaf",
                                to="products.auditentry",
                            ),
                        ),
                    ],
                    options={"ordering": ["index"], "default_permissions": ()},
                ),
            ],
        ),
        migrations.CreateModel(
            name="LedgerKey",
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
                ("number", models.PositiveIntegerField(unique=True)),
                (
                    "name",
                    models.CharField(help_text="Of the ledger, as notes print it.", max_length=200),
                ),
                ("vkey", models.CharField(max_length=300, unique=True)),
                ("announcement", models.TextField(blank=True)),
            ],
            options={"ordering": ["number"]},
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        db_default=products.models.fields.UUIDv7(),
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.PositiveIntegerField(unique=True)),
                ("size", models.BigIntegerField(unique=True)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                (
                    "sealed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checkpoints",
                        to="products.ledgerkey",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["sealed_at"], name="checkpoint_by_time")],
            },
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(QUEUE_WHAT_IS_THERE, migrations.RunSQL.noop),
        migrations.RunSQL(queueing_audit(), former_audit()),
        migrations.RunSQL(INDEXES, DROP_INDEXES),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
