from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import products.models.fields
from products.migrations._batches import Batched
from products.migrations._0004_triggers import DROP_TRIGGERS, triggers


class Migration(Batched):
    dependencies = [("products", "0003_ledger")]

    operations = [
        migrations.CreateModel(
            name="CredentialReview",
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
                ("accounts", models.PositiveIntegerField(help_text="Open ones at that time.")),
                ("findings", models.CharField(max_length=2000)),
            ],
            options={
                "ordering": ["-recorded_at", "-id"],
            },
        ),
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
        migrations.CreateModel(
            name="PolicyAcceptance",
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
            ],
            options={
                "ordering": ["-recorded_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="SignaturePolicy",
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
                ("version", models.PositiveSmallIntegerField(unique=True)),
                ("text", models.CharField(max_length=10000)),
                ("by_provision", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-version"],
            },
        ),
        migrations.CreateModel(
            name="TrailReview",
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
                ("first_index", models.BigIntegerField(unique=True)),
                ("last_index", models.BigIntegerField(unique=True)),
                ("began_at", models.DateTimeField(help_text="Of the first entry.")),
                ("ended_at", models.DateTimeField(help_text="Of the last entry.")),
                (
                    "root",
                    models.BinaryField(help_text="Of the tree up to the last entry (RFC 6962)."),
                ),
                (
                    "scope",
                    models.CharField(help_text="What was looked at, and how.", max_length=1000),
                ),
                ("findings", models.CharField(max_length=2000)),
            ],
            options={
                "ordering": ["-first_index"],
            },
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
        migrations.AddField(
            model_name="user",
            name="expires_on",
            field=models.DateField(
                blank=True,
                help_text="Last day of use, where the first site is; empty: no end.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="signin",
            constraint=models.CheckConstraint(
                condition=models.Q(("counted_for__in", ["nothing", "account", "address"])),
                name="signin_counted_for_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("username__regex", "^[A-Za-z0-9][A-Za-z0-9.@_+-]*$")),
                name="user_name_is_plain",
            ),
        ),
        migrations.AddField(
            model_name="credentialreview",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
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
        migrations.AddField(
            model_name="policyacceptance",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="products.person",
            ),
        ),
        migrations.AddField(
            model_name="policyacceptance",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="signaturepolicy",
            name="signature",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="policyacceptance",
            name="policy",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acceptances",
                to="products.signaturepolicy",
            ),
        ),
        migrations.AddField(
            model_name="trailreview",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddConstraint(
            model_name="credentialreview",
            constraint=models.CheckConstraint(
                condition=models.Q(("findings", ""), _negated=True),
                name="credentialreview_says_something",
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
        migrations.AddConstraint(
            model_name="signaturepolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("text", ""), _negated=True),
                    models.Q(
                        ("signature__isnull", False),
                        models.Q(("by_provision", True), ("version", 1)),
                        _connector="OR",
                    ),
                ),
                name="signaturepolicy_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyacceptance",
            constraint=models.UniqueConstraint(
                fields=("policy", "person"), name="policyacceptance_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="trailreview",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("last_index__gte", models.F("first_index")),
                    models.Q(("scope", ""), _negated=True),
                    models.Q(("findings", ""), _negated=True),
                ),
                name="trailreview_says_something",
            ),
        ),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
