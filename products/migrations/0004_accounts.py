from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import products.models.fields
from products.migrations._0004_triggers import DROP_TRIGGERS, triggers


class Migration(migrations.Migration):
    dependencies = [("products", "0003_ledger")]

    operations = [
        migrations.CreateModel(
            name="Lockout",
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
                (
                    "failures",
                    models.PositiveSmallIntegerField(help_text="Wrong passwords in a row."),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("sign_in", "Sign in"), ("signature", "Signature")], max_length=32
                    ),
                ),
                (
                    "address",
                    models.CharField(blank=True, help_text="Of the last failure.", max_length=64),
                ),
                ("until", models.DateTimeField()),
            ],
            options={
                "ordering": ["-recorded_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="LockoutSettlement",
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
                ("finding", models.CharField(max_length=1000)),
            ],
        ),
        migrations.AddField(
            model_name="signin",
            name="counted_for",
            field=models.CharField(
                choices=[("nothing", "Nothing"), ("account", "Account"), ("address", "Address")],
                default="nothing",
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="signin",
            constraint=models.CheckConstraint(
                condition=models.Q(("counted_for__in", ["nothing", "account", "address"])),
                name="signin_counted_for_known",
            ),
        ),
        migrations.AddField(
            model_name="lockout",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lockouts",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="lockoutsettlement",
            name="lockout",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlement",
                to="products.lockout",
            ),
        ),
        migrations.AddField(
            model_name="lockoutsettlement",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="lockout",
            index=models.Index(fields=["user", "-until"], name="lockout_by_user"),
        ),
        migrations.AddConstraint(
            model_name="lockout",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sign_in", "signature"])),
                name="lockout_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lockout",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("recorded_at"))),
                name="lockout_ends_later",
            ),
        ),
        migrations.AddConstraint(
            model_name="lockoutsettlement",
            constraint=models.CheckConstraint(
                condition=models.Q(("finding", ""), _negated=True),
                name="lockoutsettlement_says_something",
            ),
        ),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
