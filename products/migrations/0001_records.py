"""Every table of the quality record, with its guards and its audit trail."""

from __future__ import annotations

import datetime as dt
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import products.models.fields
from django.conf import settings
from django.db import migrations, models

from products.migrations._batches import Batched
from products.migrations._0001_triggers import (
    AUDIT_ENTRY,
    DROP_FUNCTIONS,
    DROP_LINKS,
    FUNCTIONS,
    LINKS,
    triggers,
)


class Migration(Batched):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(AUDIT_ENTRY, "DROP TABLE products_auditentry")],
            state_operations=[
                migrations.CreateModel(
                    name="AuditEntry",
                    fields=[
                        ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                        ("recorded_at", models.DateTimeField()),
                        ("actor", models.UUIDField(null=True)),
                        ("actor_name", models.CharField(max_length=64)),
                        ("action", models.CharField(max_length=64)),
                        ("reason", models.TextField()),
                        ("request_id", models.CharField(max_length=64)),
                        ("address", models.CharField(max_length=64)),
                        ("operation", models.CharField(max_length=8)),
                        ("record_table", models.CharField(max_length=64)),
                        ("record_id", models.CharField(max_length=64)),
                        (
                            "lots",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.UUIDField(), size=None
                            ),
                        ),
                        ("body", models.BinaryField()),
                        ("sha256", models.BinaryField()),
                        ("before", models.JSONField(null=True)),
                        ("after", models.JSONField(null=True)),
                    ],
                    options={
                        "ordering": ["id"],
                        "default_permissions": (),
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Disposition",
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
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("release", "Release"),
                            ("reject", "Reject"),
                            ("hold", "Hold"),
                            ("lift_hold", "Lift hold"),
                        ],
                        max_length=32,
                    ),
                ),
                ("reason", models.CharField(max_length=1000)),
                ("evaluation", models.BinaryField()),
                ("evaluation_sha256", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ["lot", "number"],
            },
        ),
        migrations.CreateModel(
            name="Site",
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
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "zone",
                    models.CharField(
                        help_text="IANA name, such as America/New_York.", max_length=64
                    ),
                ),
                (
                    "late_after_hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="Hours between performing and recording that need no reason.",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
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
                ("username", models.CharField(max_length=64, unique=True)),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False, help_text="May open the admin.")),
                ("must_change_password", models.BooleanField(default=False)),
                ("locked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "password_set_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Donor",
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
                ("code", models.CharField(max_length=24, unique=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Hold",
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
                ("number", models.PositiveIntegerField()),
                ("reason", models.CharField(max_length=1000)),
                ("rule", models.CharField(blank=True, max_length=8)),
                ("caused_by", models.CharField(blank=True, max_length=64)),
                (
                    "disposition",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hold",
                        to="products.disposition",
                    ),
                ),
                (
                    "placed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["lot", "number"],
            },
        ),
        migrations.CreateModel(
            name="HoldLift",
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
                    "disposition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lift",
                        to="products.disposition",
                    ),
                ),
                (
                    "hold",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lift",
                        to="products.hold",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Installation",
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
                ("only", models.BooleanField(default=True, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("record", "Record"), ("demo", "Demo")], max_length=32
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["record", "demo"])),
                        name="installation_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("only", True)), name="installation_is_one"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Instrument",
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
                ("code", models.CharField(max_length=32, unique=True)),
                ("model", models.CharField(max_length=100)),
                ("serial_number", models.CharField(max_length=64)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Lot",
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
                    "number",
                    models.CharField(
                        help_text="As printed on the label.", max_length=32, unique=True
                    ),
                ),
                ("made_on", models.DateField()),
                ("vials", models.PositiveIntegerField()),
                (
                    "expires_on",
                    models.DateField(blank=True, help_text="Last day of use.", null=True),
                ),
                (
                    "expires_precision",
                    models.CharField(
                        blank=True,
                        choices=[("day", "Day"), ("month", "Month")],
                        default="",
                        max_length=32,
                    ),
                ),
                ("stability_study", models.CharField(blank=True, max_length=100)),
                (
                    "decision",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("released", "Released"),
                            ("conditionally_released", "Conditionally released"),
                            ("rejected", "Rejected"),
                            ("recalled", "Recalled"),
                            ("void", "Void"),
                        ],
                        max_length=32,
                    ),
                ),
                ("decision_number", models.PositiveIntegerField(default=0)),
                (
                    "release_status",
                    models.CharField(
                        choices=[
                            ("void", "Void"),
                            ("rejected", "Rejected"),
                            ("recalled", "Recalled"),
                            ("on_hold", "On hold"),
                            ("expired", "Expired"),
                            ("conditionally_released", "Conditionally released"),
                            ("released", "Released"),
                            ("quarantined", "Quarantined"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "next_status",
                    models.CharField(
                        choices=[
                            ("void", "Void"),
                            ("rejected", "Rejected"),
                            ("recalled", "Recalled"),
                            ("on_hold", "On hold"),
                            ("expired", "Expired"),
                            ("conditionally_released", "Conditionally released"),
                            ("released", "Released"),
                            ("quarantined", "Quarantined"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "judged_until",
                    models.DateTimeField(default=dt.datetime(1970, 1, 1, 0, 0, tzinfo=dt.UTC)),
                ),
                ("judged_at", models.DateTimeField(null=True)),
                ("blocks", models.JSONField(default=list)),
                ("version", models.PositiveIntegerField(default=0)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-made_on", "-id"],
            },
        ),
        migrations.AddField(
            model_name="hold",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="holds", to="products.lot"
            ),
        ),
        migrations.AddField(
            model_name="disposition",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dispositions",
                to="products.lot",
            ),
        ),
        migrations.CreateModel(
            name="LotParent",
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
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parent_links",
                        to="products.lot",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="child_links",
                        to="products.lot",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MediaLot",
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
                    "material",
                    models.CharField(
                        help_text="Medium as methods name it, such as FTM.", max_length=40
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("manufacturer", models.CharField(max_length=100)),
                ("expires_on", models.DateField()),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["material", "number"],
            },
        ),
        migrations.CreateModel(
            name="Method",
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
                ("code", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("attribute", models.CharField(max_length=100)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("purity", "Purity"),
                            ("sterility", "Sterility"),
                            ("safety", "Safety"),
                            ("viability", "Viability (parent cells) / vesicle integrity"),
                            ("identity", "Identity"),
                            ("potency", "Potency"),
                            ("general", "General"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Criterion",
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
                ("position", models.PositiveSmallIntegerField()),
                ("code", models.CharField(max_length=48)),
                ("attribute", models.CharField(max_length=100)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("purity", "Purity"),
                            ("sterility", "Sterility"),
                            ("safety", "Safety"),
                            ("viability", "Viability (parent cells) / vesicle integrity"),
                            ("identity", "Identity"),
                            ("potency", "Potency"),
                            ("general", "General"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("parent_cells", "Parent cells"),
                            ("harvest", "Harvest"),
                            ("bulk", "Bulk"),
                            ("final_container", "Final container"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("lower", "Lower"),
                            ("upper", "Upper"),
                            ("range", "Range"),
                            ("percent_of_label", "Percent of label"),
                            ("word", "Word"),
                            ("absence", "Absence"),
                            ("report_only", "Report only"),
                        ],
                        max_length=32,
                    ),
                ),
                ("lower", models.CharField(blank=True, max_length=64)),
                ("upper", models.CharField(blank=True, max_length=64)),
                ("lower_strict", models.BooleanField(default=False)),
                ("upper_strict", models.BooleanField(default=False)),
                ("unit", models.CharField(blank=True, max_length=32)),
                (
                    "rounding",
                    models.CharField(choices=[("usp", "Usp"), ("ep", "Ep")], max_length=32),
                ),
                (
                    "compare_on",
                    models.CharField(
                        blank=True,
                        choices=[("rounded", "Rounded"), ("unrounded", "Unrounded")],
                        default="",
                        max_length=32,
                    ),
                ),
                (
                    "allowed_words",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("required", models.BooleanField(default=True)),
                (
                    "method",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="criteria",
                        to="products.method",
                    ),
                ),
            ],
            options={
                "ordering": ["specification", "position"],
            },
        ),
        migrations.CreateModel(
            name="MethodVersion",
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
                ("version", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("retired", "Retired"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "document",
                    models.CharField(
                        help_text="Number of the written procedure, and what it was chosen after.",
                        max_length=200,
                    ),
                ),
                (
                    "formula",
                    models.CharField(
                        choices=[
                            ("value", "Value"),
                            ("mean", "Mean"),
                            ("particle_concentration", "Particle concentration"),
                            ("particle_to_protein", "Particle to protein"),
                            ("viability", "Viability"),
                            ("no_growth", "No growth"),
                            ("word", "Word"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "unit",
                    models.CharField(help_text="UCUM code of the reportable value.", max_length=32),
                ),
                ("replicates", models.PositiveSmallIntegerField(default=1)),
                ("incubation_hours", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "media",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("lod", models.CharField(blank=True, max_length=64)),
                ("loq", models.CharField(blank=True, max_length=64)),
                ("max_cv_percent", models.CharField(blank=True, max_length=64)),
                ("minimum_count", models.PositiveIntegerField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "method",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="products.method",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["method", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Person",
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
                    "printed_name",
                    models.CharField(help_text="As printed beside a signature.", max_length=100),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("printed_name", ""), _negated=True),
                        name="person_has_a_name",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="lot",
            name="made_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots_made",
                to="products.person",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accounts",
                to="products.person",
            ),
        ),
        migrations.CreateModel(
            name="Product",
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
                ("code", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=200)),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("research_use_only", "research use only, not for human use"),
                            ("us_ind", "investigational, under a US IND"),
                            ("expanded_access", "investigational, under expanded access"),
                            (
                                "clinical_trial",
                                "investigational, under an EU or UK clinical trial authorisation",
                            ),
                            ("other", "other basis"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "basis_reference",
                    models.CharField(
                        blank=True,
                        help_text="IND or authorisation number, protocol.",
                        max_length=100,
                    ),
                ),
                ("rule_profile", models.CharField(choices=[("strict", "Strict")], max_length=32)),
                (
                    "label_claim",
                    models.CharField(
                        blank=True, help_text="Particles per vial, as on the label.", max_length=64
                    ),
                ),
                (
                    "fill_volume_ml",
                    models.CharField(blank=True, help_text="mL per vial.", max_length=64),
                ),
                ("storage", models.CharField(max_length=100)),
                ("shelf_life_months", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.AddField(
            model_name="lot",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots",
                to="products.product",
            ),
        ),
        migrations.CreateModel(
            name="Result",
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
                ("version", models.PositiveIntegerField()),
                (
                    "reading_sequence",
                    models.PositiveIntegerField(help_text="Last reading taken into account."),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("interim", "Interim"),
                            ("pass", "Pass"),
                            ("fail", "Fail"),
                            ("invalid", "Invalid"),
                            ("invalidated", "Invalidated"),
                            ("indeterminate", "Indeterminate"),
                            ("not_comparable", "Not comparable"),
                            ("report_only", "Report only"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "raw_text",
                    models.CharField(
                        blank=True, help_text="Unrounded, as calculated.", max_length=100
                    ),
                ),
                ("reported", models.CharField(blank=True, max_length=100)),
                ("unit", models.CharField(blank=True, max_length=32)),
                ("final", models.BooleanField()),
                (
                    "final_at",
                    models.DateTimeField(help_text="Earliest end of the incubation.", null=True),
                ),
                (
                    "explanation",
                    models.CharField(
                        help_text="What was compared, and how it came out.", max_length=1000
                    ),
                ),
                ("details", models.JSONField(default=list)),
                ("reason", models.CharField(blank=True, max_length=1000)),
                (
                    "performed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.person",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["run", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Review",
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
                ("comment", models.CharField(blank=True, max_length=1000)),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="products.lot",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="products.person",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
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
                    "result",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_item",
                        to="products.result",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="products.review",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Run",
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
                ("number", models.CharField(max_length=48, unique=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("release", "Release"),
                            ("in_process", "In process"),
                            ("repeat", "Repeat"),
                            ("retest", "Retest"),
                            ("stability", "Stability"),
                            ("investigation", "Investigation"),
                            ("information", "Information"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("saved", "Saved"),
                            ("submitted", "Submitted"),
                            ("discarded", "Discarded"),
                        ],
                        max_length=32,
                    ),
                ),
                ("performed_at", models.DateTimeField()),
                ("performed_zone", models.CharField(max_length=64)),
                ("late_reason", models.CharField(blank=True, max_length=1000)),
                ("discard_reason", models.CharField(blank=True, max_length=1000)),
                (
                    "criterion",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="products.criterion",
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="products.instrument",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="products.lot",
                    ),
                ),
                (
                    "method_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="products.methodversion",
                    ),
                ),
                (
                    "performed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs_performed",
                        to="products.person",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "repeats",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="repeated_by",
                        to="products.run",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddField(
            model_name="result",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="results",
                to="products.run",
            ),
        ),
        migrations.CreateModel(
            name="Reading",
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
                ("sequence", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=40)),
                ("replicate", models.PositiveSmallIntegerField(default=1)),
                ("vessel", models.CharField(blank=True, max_length=40)),
                ("medium", models.CharField(blank=True, max_length=40)),
                (
                    "role",
                    models.CharField(
                        blank=True,
                        choices=[("product", "Product"), ("negative_control", "Negative control")],
                        default="",
                        max_length=32,
                    ),
                ),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("text", models.CharField(max_length=100)),
                ("unit", models.CharField(blank=True, max_length=32)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        help_text="Why an earlier reading was replaced after submit.",
                        max_length=1000,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="products.run",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="Investigation",
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
                ("number", models.CharField(max_length=48, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("oos", "Out of specification"),
                            ("invalid_assay", "Invalid assay"),
                            ("deviation", "Deviation"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="investigations",
                        to="products.lot",
                    ),
                ),
                (
                    "result",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="investigation",
                        to="products.result",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="investigations",
                        to="products.run",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="RunMedia",
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
                    "media_lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="run_links",
                        to="products.medialot",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="media_links",
                        to="products.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunSupport",
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
                ("sequence", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("growth_promotion", "Growth promotion"),
                            ("suitability", "Suitability"),
                        ],
                        max_length=32,
                    ),
                ),
                ("document_number", models.CharField(blank=True, max_length=100)),
                ("dated_on", models.DateField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("passed", "Passed"), ("failed", "Failed")],
                        default="",
                        max_length=32,
                    ),
                ),
                ("signed_by", models.CharField(blank=True, max_length=100)),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supports",
                        to="products.run",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="Sample",
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
                ("number", models.CharField(max_length=40, unique=True)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("parent_cells", "Parent cells"),
                            ("harvest", "Harvest"),
                            ("bulk", "Bulk"),
                            ("final_container", "Final container"),
                        ],
                        max_length=32,
                    ),
                ),
                ("container", models.CharField(max_length=100)),
                ("drawn_at", models.DateTimeField()),
                ("drawn_zone", models.CharField(max_length=64)),
                (
                    "drawn_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="samples_drawn",
                        to="products.person",
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="samples",
                        to="products.lot",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddField(
            model_name="run",
            name="sample",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="products.sample",
            ),
        ),
        migrations.CreateModel(
            name="Signature",
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
                    "signed_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("printed_name", models.CharField(max_length=100)),
                ("meaning", models.CharField(max_length=100)),
                ("reason", models.CharField(max_length=1000)),
                (
                    "zone",
                    models.CharField(help_text="Zone in which the time is printed.", max_length=64),
                ),
                ("record_kind", models.CharField(max_length=40)),
                ("record_id", models.UUIDField()),
                ("content", models.BinaryField()),
                ("content_sha256", models.CharField(max_length=64)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to="products.person",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signatures",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="review",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="methodversion",
            name="approval",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="products.signature",
            ),
        ),
        migrations.AddField(
            model_name="methodversion",
            name="retirement",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="products.signature",
            ),
        ),
        migrations.AddField(
            model_name="lot",
            name="stability_signature",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="products.signature",
            ),
        ),
        migrations.AddField(
            model_name="disposition",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.CreateModel(
            name="Determination",
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
                ("version", models.PositiveIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("eligible", "Eligible"),
                            ("ineligible", "Ineligible"),
                            ("incomplete", "Incomplete"),
                        ],
                        max_length=32,
                    ),
                ),
                ("determined_on", models.DateField(blank=True, null=True)),
                ("establishment", models.CharField(blank=True, max_length=200)),
                (
                    "summary_of_records",
                    models.CharField(
                        blank=True,
                        help_text="Document number of the summary of records.",
                        max_length=200,
                    ),
                ),
                (
                    "donor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="determinations",
                        to="products.donor",
                    ),
                ),
                (
                    "signature",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to="products.signature"
                    ),
                ),
            ],
            options={
                "ordering": ["donor", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Conclusion",
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
                    "outcome",
                    models.CharField(
                        choices=[("confirmed", "Confirmed"), ("invalidated", "Invalidated")],
                        max_length=32,
                    ),
                ),
                ("cause", models.CharField(blank=True, max_length=1000)),
                (
                    "evidence",
                    models.CharField(
                        blank=True,
                        help_text="Document numbers that show the cause.",
                        max_length=500,
                    ),
                ),
                (
                    "investigation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conclusion",
                        to="products.investigation",
                    ),
                ),
                (
                    "signature",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, to="products.signature"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignIn",
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
                ("username", models.CharField(help_text="As typed.", max_length=150)),
                (
                    "kind",
                    models.CharField(
                        choices=[("sign_in", "Sign in"), ("signature", "Signature")], max_length=32
                    ),
                ),
                ("succeeded", models.BooleanField()),
                ("address", models.CharField(blank=True, max_length=64)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="lot",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="lots", to="products.site"
            ),
        ),
        migrations.CreateModel(
            name="SpecificationVersion",
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
                ("version", models.PositiveIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("retired", "Retired"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "document",
                    models.CharField(
                        help_text="Document number, and the publication it follows if any.",
                        max_length=300,
                    ),
                ),
                ("effective_from", models.DateField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approval",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="products.signature",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="specifications",
                        to="products.product",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["product", "-version"],
            },
        ),
        migrations.AddField(
            model_name="lot",
            name="specification",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots",
                to="products.specificationversion",
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="specification",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="criteria",
                to="products.specificationversion",
            ),
        ),
        migrations.CreateModel(
            name="TissueSource",
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
                ("number", models.CharField(max_length=32, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("umbilical_cord", "Umbilical cord"),
                            ("whartons_jelly", "Wharton's jelly (umbilical cord)"),
                            ("placenta", "Placenta"),
                            ("amniotic_membrane", "Amniotic membrane"),
                            ("chorion", "Chorion"),
                            ("decidua", "Decidua"),
                            ("amniotic_fluid", "Amniotic fluid"),
                            ("cord_blood", "Cord blood"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("tissue", "Tissue"),
                            ("master_cell_bank", "Master cell bank"),
                            ("working_cell_bank", "Working cell bank"),
                        ],
                        max_length=32,
                    ),
                ),
                ("recovered_at", models.DateTimeField()),
                ("recovery_zone", models.CharField(max_length=64)),
                (
                    "donor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="products.donor",
                    ),
                ),
                (
                    "made_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="banks",
                        to="products.tissuesource",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="LotSource",
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
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="source_links",
                        to="products.lot",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lot_links",
                        to="products.tissuesource",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiToken",
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
                ("digest", models.CharField(max_length=128, unique=True)),
                ("token_key", models.CharField(db_index=True, max_length=15)),
                ("created", models.DateTimeField()),
                ("expiry", models.DateTimeField()),
                (
                    "scope",
                    models.CharField(choices=[("read", "Read"), ("write", "Write")], max_length=32),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("personal", "Personal"), ("service", "Service")], max_length=32
                    ),
                ),
                ("purpose", models.CharField(max_length=100)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "issued_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="auth_token_set",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope__in", ["read", "write"])),
                        name="apitoken_scope_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["personal", "service"])),
                        name="apitoken_kind_known",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="donor",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__regex", "^[A-Z0-9-]{4,24}$")),
                name="donor_code_is_upper_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="instrument",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("code"), name="instrument_code_never_reused"
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.UniqueConstraint(fields=("lot", "number"), name="hold_number_once"),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("caused_by", ""), ("disposition__isnull", False), ("rule", "")),
                    models.Q(
                        ("disposition__isnull", True),
                        models.Q(("rule", ""), _negated=True),
                        models.Q(("caused_by", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="hold_is_signed_or_names_its_rule",
            ),
        ),
        migrations.AddConstraint(
            model_name="lotparent",
            constraint=models.UniqueConstraint(fields=("lot", "parent"), name="lotparent_once"),
        ),
        migrations.AddConstraint(
            model_name="lotparent",
            constraint=models.CheckConstraint(
                condition=models.Q(("lot", models.F("parent")), _negated=True),
                name="lotparent_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="medialot",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("material"),
                django.db.models.functions.text.Upper("number"),
                name="medialot_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="method",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("code"), name="method_code_never_reused"
            ),
        ),
        migrations.AddConstraint(
            model_name="method",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "category__in",
                        [
                            "purity",
                            "sterility",
                            "safety",
                            "viability",
                            "identity",
                            "potency",
                            "general",
                        ],
                    )
                ),
                name="method_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("username"), name="user_name_never_reused"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("code"), name="product_code_never_reused"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "basis__in",
                        [
                            "research_use_only",
                            "us_ind",
                            "expanded_access",
                            "clinical_trial",
                            "other",
                        ],
                    )
                ),
                name="product_basis_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("rule_profile__in", ["strict"])),
                name="product_rule_profile_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("basis", "research_use_only"),
                    models.Q(("basis_reference", ""), _negated=True),
                    _connector="OR",
                ),
                name="product_basis_is_named",
            ),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.UniqueConstraint(
                fields=("run", "version"), name="result_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.UniqueConstraint(fields=("id", "run"), name="result_of_run"),
        ),
        migrations.AddConstraint(
            model_name="result",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "verdict__in",
                        [
                            "pending",
                            "interim",
                            "pass",
                            "fail",
                            "invalid",
                            "invalidated",
                            "indeterminate",
                            "not_comparable",
                            "report_only",
                        ],
                    )
                ),
                name="result_verdict_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.UniqueConstraint(
                fields=("run", "sequence"), name="reading_sequence_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["product", "negative_control", ""])),
                name="reading_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="investigation",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["oos", "invalid_assay", "deviation"])),
                name="investigation_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="runmedia",
            constraint=models.UniqueConstraint(fields=("run", "media_lot"), name="runmedia_once"),
        ),
        migrations.AddConstraint(
            model_name="runsupport",
            constraint=models.UniqueConstraint(
                fields=("run", "sequence"), name="runsupport_sequence_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="runsupport",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["growth_promotion", "suitability"])),
                name="runsupport_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="runsupport",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["passed", "failed", ""])),
                name="runsupport_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.UniqueConstraint(fields=("id", "lot"), name="sample_of_lot"),
        ),
        migrations.AddConstraint(
            model_name="sample",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage__in", ["parent_cells", "harvest", "bulk", "final_container"])
                ),
                name="sample_stage_known",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["lot", "criterion"], name="run_by_lot_criterion"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(fields=("id", "lot"), name="run_of_lot"),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "purpose__in",
                        [
                            "release",
                            "in_process",
                            "repeat",
                            "retest",
                            "stability",
                            "investigation",
                            "information",
                        ],
                    )
                ),
                name="run_purpose_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["saved", "submitted", "discarded"])),
                name="run_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "performed_at__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("recorded_at"), "+", models.Value(dt.timedelta(seconds=60))
                        ),
                    )
                ),
                name="run_not_performed_in_the_future",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("purpose__in", ["release", "repeat", "retest"]), _negated=True),
                    ("criterion__isnull", False),
                    _connector="OR",
                ),
                name="run_for_release_names_its_criterion",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("purpose", "repeat"), ("repeats__isnull", False)),
                    models.Q(
                        models.Q(("purpose", "repeat"), _negated=True), ("repeats__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="run_repeat_names_what_it_repeats",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "submitted"), _negated=True),
                    ("performed_by__isnull", False),
                    _connector="OR",
                ),
                name="run_submitted_names_who_performed_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "discarded"), models.Q(("discard_reason", ""), _negated=True)
                    ),
                    models.Q(
                        models.Q(("state", "discarded"), _negated=True), ("discard_reason", "")
                    ),
                    _connector="OR",
                ),
                name="run_discarded_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("printed_name", ""), _negated=True),
                    models.Q(("meaning", ""), _negated=True),
                    models.Q(("zone", ""), _negated=True),
                ),
                name="signature_is_complete",
            ),
        ),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.UniqueConstraint(
                fields=("record_kind", "record_id", "meaning"), name="signature_once_per_meaning"
            ),
        ),
        migrations.AddConstraint(
            model_name="methodversion",
            constraint=models.UniqueConstraint(
                fields=("method", "version"), name="methodversion_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="methodversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "approved", "retired"])),
                name="methodversion_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="methodversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "formula__in",
                        [
                            "value",
                            "mean",
                            "particle_concentration",
                            "particle_to_protein",
                            "viability",
                            "no_growth",
                            "word",
                        ],
                    )
                ),
                name="methodversion_formula_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="methodversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("replicates__gte", 1)),
                name="methodversion_replicates_at_least_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="methodversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approval__isnull", True),
                        ("approved_at__isnull", True),
                        ("state", "draft"),
                    ),
                    models.Q(
                        models.Q(("state", "draft"), _negated=True),
                        ("approval__isnull", False),
                        ("approved_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="methodversion_approved_under_signature",
            ),
        ),
        migrations.AddConstraint(
            model_name="methodversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("retired_at__isnull", False),
                        ("retirement__isnull", False),
                        ("state", "retired"),
                    ),
                    models.Q(
                        models.Q(("state", "retired"), _negated=True),
                        ("retired_at__isnull", True),
                        ("retirement__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="methodversion_retired_under_signature",
            ),
        ),
        migrations.AddConstraint(
            model_name="disposition",
            constraint=models.UniqueConstraint(
                fields=("lot", "number"), name="disposition_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="disposition",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["release", "reject", "hold", "lift_hold"])),
                name="disposition_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="disposition",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="disposition_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="determination",
            constraint=models.UniqueConstraint(
                fields=("donor", "version"), name="determination_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="determination",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["eligible", "ineligible", "incomplete"])),
                name="determination_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="conclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["confirmed", "invalidated"])),
                name="conclusion_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="conclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "invalidated"), _negated=True),
                    models.Q(
                        models.Q(("cause", ""), _negated=True),
                        models.Q(("evidence", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="conclusion_invalidated_names_cause_and_evidence",
            ),
        ),
        migrations.AddIndex(
            model_name="signin",
            index=models.Index(fields=["user", "-recorded_at"], name="signin_by_user"),
        ),
        migrations.AddConstraint(
            model_name="signin",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["sign_in", "signature"])), name="signin_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="specificationversion",
            constraint=models.UniqueConstraint(
                fields=("product", "version"), name="specification_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="specificationversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "approved", "retired"])),
                name="specification_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="specificationversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approval__isnull", True),
                        ("approved_at__isnull", True),
                        ("state", "draft"),
                    ),
                    models.Q(
                        models.Q(("state", "draft"), _negated=True),
                        ("approval__isnull", False),
                        ("approved_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="specification_approved_under_signature",
            ),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["-made_on", "-id"], name="lot_by_made_on"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["release_status", "-made_on", "-id"], name="lot_by_status"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["product", "-made_on", "-id"], name="lot_by_product"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["judged_until"], name="lot_by_judged_until"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(fields=["expires_on"], name="lot_by_expiry"),
        ),
        migrations.AddIndex(
            model_name="lot",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("number"), name="text_pattern_ops"
                ),
                name="lot_by_number_prefix",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper(
                    django.db.models.functions.text.Trim("number")
                ),
                name="lot_number_never_reused",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("number", django.db.models.functions.text.Trim(models.F("number"))),
                    models.Q(("number", ""), _negated=True),
                ),
                name="lot_number_is_trimmed",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "decision__in",
                        [
                            "none",
                            "released",
                            "conditionally_released",
                            "rejected",
                            "recalled",
                            "void",
                        ],
                    )
                ),
                name="lot_decision_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "release_status__in",
                        [
                            "void",
                            "rejected",
                            "recalled",
                            "on_hold",
                            "expired",
                            "conditionally_released",
                            "released",
                            "quarantined",
                        ],
                    )
                ),
                name="lot_release_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "next_status__in",
                        [
                            "void",
                            "rejected",
                            "recalled",
                            "on_hold",
                            "expired",
                            "conditionally_released",
                            "released",
                            "quarantined",
                        ],
                    )
                ),
                name="lot_next_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_precision__in", ["day", "month", ""])),
                name="lot_expires_precision_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expires_on__isnull", True), ("expires_precision", "")),
                    models.Q(
                        ("expires_on__isnull", False),
                        models.Q(("expires_precision", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="lot_expiry_has_a_precision",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expires_on__isnull", True),
                    ("expires_on__gte", models.F("made_on")),
                    _connector="OR",
                ),
                name="lot_expires_after_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="lot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stability_signature__isnull", True), ("stability_study", "")),
                    models.Q(
                        models.Q(("stability_study", ""), _negated=True),
                        ("expires_on__isnull", True),
                        ("stability_signature__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="lot_without_expiry_is_signed_for",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.UniqueConstraint(
                models.F("specification"),
                django.db.models.functions.text.Upper("code"),
                name="criterion_code_once_per_specification",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.UniqueConstraint(
                fields=("specification", "position"), name="criterion_position_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "category__in",
                        [
                            "purity",
                            "sterility",
                            "safety",
                            "viability",
                            "identity",
                            "potency",
                            "general",
                        ],
                    )
                ),
                name="criterion_category_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stage__in", ["parent_cells", "harvest", "bulk", "final_container"])
                ),
                name="criterion_stage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "lower",
                            "upper",
                            "range",
                            "percent_of_label",
                            "word",
                            "absence",
                            "report_only",
                        ],
                    )
                ),
                name="criterion_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(("rounding__in", ["usp", "ep"])), name="criterion_rounding_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(("compare_on__in", ["rounded", "unrounded", ""])),
                name="criterion_compare_on_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lower_strict", False), ("upper_strict", False)),
                    models.Q(("compare_on", ""), _negated=True),
                    _connector="OR",
                ),
                name="criterion_strict_says_what_it_compares",
            ),
        ),
        migrations.AddConstraint(
            model_name="tissuesource",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("number"), name="source_number_never_reused"
            ),
        ),
        migrations.AddConstraint(
            model_name="tissuesource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "umbilical_cord",
                            "whartons_jelly",
                            "placenta",
                            "amniotic_membrane",
                            "chorion",
                            "decidua",
                            "amniotic_fluid",
                            "cord_blood",
                        ],
                    )
                ),
                name="source_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="tissuesource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("form__in", ["tissue", "master_cell_bank", "working_cell_bank"])
                ),
                name="source_form_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="tissuesource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("form", "tissue"), ("made_from__isnull", True)),
                    models.Q(
                        models.Q(("form", "tissue"), _negated=True), ("made_from__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="source_bank_names_its_tissue",
            ),
        ),
        migrations.AddConstraint(
            model_name="lotsource",
            constraint=models.UniqueConstraint(fields=("lot", "source"), name="lotsource_once"),
        ),
        migrations.RunSQL(LINKS, DROP_LINKS),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        # Dropping the functions drops their triggers.
        migrations.RunSQL(triggers(), migrations.RunSQL.noop),
    ]
