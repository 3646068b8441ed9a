from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
import products.models.fields
from django.conf import settings
from django.db import migrations, models

from products.migrations._batches import Batched
from products.migrations._0007_triggers import DROP_TRIGGERS, triggers


class Migration(Batched):
    dependencies = [
        ("products", "0006_invariant"),
    ]

    operations = [
        migrations.CreateModel(
            name="Factor",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("totp", "Authenticator app"),
                            ("passkey", "Passkey"),
                            ("recovery_codes", "Recovery codes"),
                        ],
                        max_length=32,
                    ),
                ),
                ("name", models.CharField(help_text="Given by its owner.", max_length=100)),
                ("secret", models.CharField(blank=True, max_length=200)),
                ("credential_id", models.CharField(blank=True, max_length=1400)),
                ("credential", models.CharField(blank=True, max_length=4000)),
            ],
            options={
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="FactorConfirmation",
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="FactorRemoval",
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
                ("reason", models.CharField(max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name="FactorStep",
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
                ("step", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="PasskeyUse",
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
                ("counter", models.BigIntegerField()),
                ("challenge_sha256", models.CharField(max_length=64, unique=True)),
                ("went_back", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="RecoveryCode",
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
                ("digest", models.CharField(max_length=64, unique=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RecoveryCodeUse",
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
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="lockout",
            name="lockout_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="signin",
            name="signin_kind_known",
        ),
        migrations.AlterField(
            model_name="lockout",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sign_in", "Sign in"),
                    ("signature", "Signature"),
                    ("password", "Password"),
                    ("second_factor", "Second factor"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="signin",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sign_in", "Sign in"),
                    ("signature", "Signature"),
                    ("password", "Password"),
                    ("second_factor", "Second factor"),
                ],
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="lockout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["sign_in", "signature", "password", "second_factor"])
                ),
                name="lockout_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="signin",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["sign_in", "signature", "password", "second_factor"])
                ),
                name="signin_kind_known",
            ),
        ),
        migrations.AddField(
            model_name="factor",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="factors",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="factorconfirmation",
            name="factor",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="confirmation",
                to="products.factor",
            ),
        ),
        migrations.AddField(
            model_name="factorremoval",
            name="factor",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="removal",
                to="products.factor",
            ),
        ),
        migrations.AddField(
            model_name="factorremoval",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="factorstep",
            name="factor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="steps",
                to="products.factor",
            ),
        ),
        migrations.AddField(
            model_name="passkeyuse",
            name="factor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="passkey_uses",
                to="products.factor",
            ),
        ),
        migrations.AddField(
            model_name="recoverycode",
            name="factor",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="codes",
                to="products.factor",
            ),
        ),
        migrations.AddField(
            model_name="recoverycodeuse",
            name="code",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="use",
                to="products.recoverycode",
            ),
        ),
        migrations.AddConstraint(
            model_name="factor",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["totp", "passkey", "recovery_codes"])),
                name="factor_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="factor",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True),
                    models.Q(
                        models.Q(("kind", "totp"), _negated=True),
                        models.Q(
                            models.Q(("secret", ""), _negated=True),
                            ("credential", ""),
                            ("credential_id", ""),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        models.Q(("kind", "passkey"), _negated=True),
                        models.Q(
                            ("secret", ""),
                            models.Q(("credential_id", ""), _negated=True),
                            models.Q(("credential", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        models.Q(("kind", "recovery_codes"), _negated=True),
                        models.Q(("credential", ""), ("credential_id", ""), ("secret", "")),
                        _connector="OR",
                    ),
                ),
                name="factor_holds_what_its_kind_needs",
            ),
        ),
        migrations.AddConstraint(
            model_name="factor",
            constraint=models.UniqueConstraint(
                condition=models.Q(("credential_id", ""), _negated=True),
                fields=("credential_id",),
                name="factor_passkey_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="factorremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="factorremoval_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="factorstep",
            constraint=models.UniqueConstraint(fields=("factor", "step"), name="factorstep_once"),
        ),
        migrations.AddIndex(
            model_name="passkeyuse",
            index=models.Index(fields=["factor", "-counter"], name="passkeyuse_by_counter"),
        ),
        migrations.RunSQL(triggers(), DROP_TRIGGERS),
    ]
