from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import products.models.fields
from products.migrations._batches import Batched
from products.migrations._0009_triggers import (
    DROP_FUNCTIONS,
    DROP_TRIGGERS,
    FUNCTIONS,
    triggers,
)


class Migration(Batched):
    dependencies = [
        ("products", "0008_signed_time"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityLink",
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
                ("issuer", models.CharField(max_length=255)),
                (
                    "subject",
                    models.CharField(help_text="Never given again by its issuer.", max_length=255),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "shown_as",
                    models.CharField(
                        blank=True,
                        help_text="What the provider called the person; only shown.",
                        max_length=200,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=1000)),
            ],
            options={
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="IdentityUnlink",
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
                ("reason", models.CharField(blank=True, max_length=1000)),
            ],
        ),
        migrations.AddField(
            model_name="signin",
            name="method",
            field=models.CharField(
                choices=[("password", "Password"), ("provider", "Provider")],
                default="password",
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="signin",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["password", "provider"])),
                name="signin_method_known",
            ),
        ),
        migrations.AddField(
            model_name="identitylink",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="identitylink",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="identity_links",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="identityunlink",
            name="link",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone",
                to="products.identitylink",
            ),
        ),
        migrations.AddField(
            model_name="identityunlink",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="identitylink",
            constraint=models.UniqueConstraint(
                fields=("issuer", "subject", "number"), name="identitylink_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="identitylink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("issuer", ""), _negated=True),
                    models.Q(("subject", ""), _negated=True),
                    ("number__gt", 0),
                ),
                name="identitylink_names_somebody",
            ),
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
