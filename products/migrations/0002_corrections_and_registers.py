"""Corrections, evidence, outside laboratories, registers, profiles, and who signed for a role."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import products.domain.holds
import products.domain.limits
import products.models.fields
from django.conf import settings
from django.db import migrations, models

from products.migrations._batches import Batched
from products.migrations._0002_triggers import (
    DROP_LINKS,
    FUNCTIONS,
    LINKS,
    drop_triggers,
    former_functions,
    triggers,
)


class Migration(Batched):
    dependencies = [
        ("products", "0001_records"),
    ]

    operations = [
        migrations.CreateModel(
            name="Acknowledgement",
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
                ("results", models.JSONField()),
                (
                    "facts",
                    models.BinaryField(
                        help_text="Canonical facts of the lot that were acknowledged."
                    ),
                ),
            ],
            options={
                "ordering": ["lot", "number"],
            },
        ),
        migrations.CreateModel(
            name="Amendment",
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
                            ("correction", "Correction"),
                            ("transcription_error", "Transcription error"),
                            ("retraction", "Retraction"),
                            ("void_lot", "Void lot"),
                        ],
                        max_length=32,
                    ),
                ),
                ("reason", models.CharField(max_length=1000)),
                (
                    "source_document",
                    models.CharField(
                        blank=True,
                        help_text="Where the right value stands: notebook page, print.",
                        max_length=200,
                    ),
                ),
                (
                    "belongs_to",
                    models.CharField(
                        blank=True,
                        help_text="The lot or sample that a retracted run is of.",
                        max_length=64,
                    ),
                ),
                ("needs_second", models.BooleanField()),
            ],
            options={
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Calibration",
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
                ("calibrated_on", models.DateField()),
                ("valid_until", models.DateField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[("passed", "Passed"), ("failed", "Failed")], max_length=32
                    ),
                ),
                ("unreliable_since", models.DateField(blank=True, null=True)),
                (
                    "document",
                    models.CharField(help_text="Number of the certificate.", max_length=200),
                ),
            ],
            options={
                "ordering": ["instrument", "calibrated_on", "recorded_at"],
            },
        ),
        migrations.CreateModel(
            name="Evidence",
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
                ("name", models.CharField(help_text="File name as given.", max_length=200)),
                ("media_type", models.CharField(help_text="Found in the content.", max_length=100)),
                ("size", models.PositiveIntegerField(help_text="Bytes.")),
                ("content", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("description", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="GoLive",
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
                ("on", models.DateField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Laboratory",
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
                ("address", models.CharField(max_length=300)),
            ],
            options={
                "verbose_name_plural": "laboratories",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="LaboratoryQualification",
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
                ("qualified_from", models.DateField()),
                ("qualified_until", models.DateField()),
                (
                    "document",
                    models.CharField(
                        help_text="Audit report or quality agreement.", max_length=200
                    ),
                ),
            ],
            options={
                "ordering": ["laboratory", "-version"],
            },
        ),
        migrations.CreateModel(
            name="MediaRecall",
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
                    "document",
                    models.CharField(help_text="Number of the recall notice.", max_length=200),
                ),
                ("reason", models.CharField(max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name="Note",
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
                ("text", models.CharField(max_length=4000)),
            ],
            options={
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="OutsideReport",
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
                ("report_number", models.CharField(max_length=64)),
                ("reported_on", models.DateField()),
                (
                    "signed_by",
                    models.CharField(help_text="As printed on the report.", max_length=100),
                ),
                (
                    "system",
                    models.CharField(
                        help_text="Instrument or test system, as printed.", max_length=200
                    ),
                ),
                (
                    "controls",
                    models.CharField(
                        choices=[
                            ("acceptable", "Acceptable"),
                            ("not_acceptable", "Not acceptable"),
                            ("not_stated", "Not stated"),
                        ],
                        max_length=32,
                    ),
                ),
                ("controls_text", models.CharField(blank=True, max_length=300)),
                ("started_on", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True)),
            ],
            options={
                "ordering": ["run", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="ProfileAssignment",
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
                    "profile",
                    models.CharField(
                        choices=[
                            ("strict", "Strict"),
                            ("phase_1_ind", "Phase 1 ind"),
                            ("research_use_only", "Research use only"),
                        ],
                        max_length=32,
                    ),
                ),
                ("reason", models.CharField(max_length=1000)),
            ],
            options={
                "ordering": ["product", "-version"],
            },
        ),
        migrations.CreateModel(
            name="Rejudgement",
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
                ("reported", models.CharField(blank=True, max_length=100)),
                ("unit", models.CharField(blank=True, max_length=32)),
                ("explanation", models.CharField(max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name="RoleApproval",
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
            name="RoleGrant",
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
                    "role",
                    models.CharField(
                        choices=[
                            ("Analyst", "Analyst"),
                            ("Reviewer", "Reviewer"),
                            ("Quality", "Quality"),
                            ("Auditor", "Auditor"),
                            ("Administrator", "Administrator"),
                        ],
                        max_length=32,
                    ),
                ),
                ("by_provision", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["user", "number"],
            },
        ),
        migrations.CreateModel(
            name="RoleRevocation",
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
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RunReturn",
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
                ("comment", models.CharField(max_length=1000)),
            ],
            options={
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="SecondSignature",
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
                        choices=[("confirmed", "Confirmed"), ("refused", "Refused")], max_length=32
                    ),
                ),
                ("comment", models.CharField(blank=True, max_length=1000)),
            ],
        ),
        migrations.CreateModel(
            name="SpecificationChange",
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
                ("justification", models.CharField(max_length=1000)),
            ],
            options={
                "ordering": ["lot", "number"],
            },
        ),
        migrations.CreateModel(
            name="Training",
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
                ("trained_on", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                (
                    "document",
                    models.CharField(help_text="Number of the training record.", max_length=200),
                ),
            ],
            options={
                "ordering": ["person", "method_version", "trained_on"],
            },
        ),
        migrations.CreateModel(
            name="Transcription",
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
                            ("run", "Run"),
                            ("specification", "Specification"),
                            ("method", "Method"),
                            ("determination", "Determination"),
                            ("source", "Source"),
                        ],
                        max_length=32,
                    ),
                ),
                (
                    "signatory",
                    models.CharField(help_text="As signed on the paper.", max_length=100),
                ),
                ("dated_on", models.DateField(help_text="Date on the paper.")),
            ],
            options={
                "ordering": ["recorded_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Verification",
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
                        choices=[("confirmed", "Confirmed"), ("refused", "Refused")], max_length=32
                    ),
                ),
                ("comment", models.CharField(blank=True, max_length=1000)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="conclusion",
            name="conclusion_outcome_known",
        ),
        migrations.RemoveConstraint(
            model_name="disposition",
            name="disposition_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="methodversion",
            name="methodversion_formula_known",
        ),
        migrations.RemoveConstraint(
            model_name="product",
            name="product_rule_profile_known",
        ),
        migrations.RemoveConstraint(
            model_name="run",
            name="run_state_known",
        ),
        migrations.RemoveConstraint(
            model_name="run",
            name="run_submitted_names_who_performed_it",
        ),
        migrations.AddField(
            model_name="criterion",
            name="satisfied_by",
            field=models.CharField(
                choices=[("this_lot", "This lot"), ("parent", "Parent")],
                default=products.domain.limits.SatisfiedBy["THIS_LOT"],
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="kind",
            field=models.CharField(
                choices=[("site", "Site"), ("official", "Official")],
                default=products.domain.holds.HoldKind["SITE"],
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="reference",
            field=models.CharField(
                blank=True,
                help_text="The authority's own number of an official hold.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="holdlift",
            name="reference",
            field=models.CharField(
                blank=True,
                help_text="The document by which an authority released the lot.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="method",
            name="family",
            field=models.CharField(
                blank=True,
                choices=[
                    ("nta", "Nanoparticle tracking (NTA)"),
                    ("trps", "Resistive pulse sensing (TRPS)"),
                    ("nano_flow", "Nano-flow cytometry"),
                    ("bead_flow", "Bead-based flow cytometry"),
                    ("elisa", "ELISA"),
                    ("western_blot", "Western blot"),
                    ("colorimetric", "Colorimetric assay"),
                    ("microscopy", "Microscopy"),
                    ("culture", "Culture"),
                    ("qpcr", "qPCR"),
                    ("other", "Other"),
                ],
                default="",
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="methodversion",
            name="max_recovery_percent",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="methodversion",
            name="min_correlation",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="methodversion",
            name="min_recovery_percent",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="methodversion",
            name="sensitivity",
            field=models.CharField(
                blank=True, help_text="Lambda of an endotoxin test, in EU/mL.", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="reading",
            name="removed",
            field=models.BooleanField(
                default=False, help_text="Takes the reading at this place out, under a correction."
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="from_paper",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="specificationversion",
            name="change_reason",
            field=models.CharField(
                blank=True, help_text="Why this version follows the one before it.", max_length=1000
            ),
        ),
        migrations.AlterField(
            model_name="conclusion",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("confirmed", "Confirmed"),
                    ("invalidated", "Invalidated"),
                    ("recording_error", "Recording error"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="disposition",
            name="kind",
            field=models.CharField(
                choices=[
                    ("release", "Release"),
                    ("reject", "Reject"),
                    ("hold", "Hold"),
                    ("lift_hold", "Lift hold"),
                    ("recall", "Recall"),
                    ("void", "Void"),
                    ("conditional_release", "Conditional release"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="methodversion",
            name="formula",
            field=models.CharField(
                choices=[
                    ("value", "Value"),
                    ("mean", "Mean"),
                    ("particle_concentration", "Particle concentration"),
                    ("particle_to_protein", "Particle to protein"),
                    ("viability", "Viability"),
                    ("no_growth", "No growth"),
                    ("word", "Word"),
                    ("vesicle_integrity", "Vesicle integrity"),
                    ("endotoxin_kinetic", "Endotoxin kinetic"),
                    ("endotoxin_cartridge", "Endotoxin cartridge"),
                    ("endotoxin_gel_clot", "Endotoxin gel clot"),
                    ("marker", "Marker"),
                    ("size_distribution", "Size distribution"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="product",
            name="rule_profile",
            field=models.CharField(
                choices=[
                    ("strict", "Strict"),
                    ("phase_1_ind", "Phase 1 ind"),
                    ("research_use_only", "Research use only"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="instrument",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="products.instrument",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="state",
            field=models.CharField(
                choices=[
                    ("saved", "Saved"),
                    ("submitted", "Submitted"),
                    ("returned", "Returned"),
                    ("retracted", "Retracted"),
                    ("discarded", "Discarded"),
                ],
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="conclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("outcome__in", ["confirmed", "invalidated", "recording_error"])
                ),
                name="conclusion_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterion",
            constraint=models.CheckConstraint(
                condition=models.Q(("satisfied_by__in", ["this_lot", "parent"])),
                name="criterion_satisfied_by_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="disposition",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "release",
                            "reject",
                            "hold",
                            "lift_hold",
                            "recall",
                            "void",
                            "conditional_release",
                        ],
                    )
                ),
                name="disposition_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["site", "official"])), name="hold_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="method",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "family__in",
                        [
                            "nta",
                            "trps",
                            "nano_flow",
                            "bead_flow",
                            "elisa",
                            "western_blot",
                            "colorimetric",
                            "microscopy",
                            "culture",
                            "qpcr",
                            "other",
                            "",
                        ],
                    )
                ),
                name="method_family_known",
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
                            "vesicle_integrity",
                            "endotoxin_kinetic",
                            "endotoxin_cartridge",
                            "endotoxin_gel_clot",
                            "marker",
                            "size_distribution",
                        ],
                    )
                ),
                name="methodversion_formula_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rule_profile__in", ["strict", "phase_1_ind", "research_use_only"])
                ),
                name="product_rule_profile_known",
            ),
        ),
        migrations.AddField(
            model_name="acknowledgement",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="acknowledgements",
                to="products.lot",
            ),
        ),
        migrations.AddField(
            model_name="acknowledgement",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="corrects",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="products.result",
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amendments",
                to="products.lot",
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="result",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amendment",
                to="products.result",
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amendments",
                to="products.run",
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="reading",
            name="amendment",
            field=models.ForeignKey(
                blank=True,
                help_text="The correction that it belongs to; it counts only once that is in effect.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="readings",
                to="products.amendment",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed", False), ("amendment__isnull", False), _connector="OR"
                ),
                name="reading_removed_by_a_correction",
            ),
        ),
        migrations.AddField(
            model_name="calibration",
            name="instrument",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="calibrations",
                to="products.instrument",
            ),
        ),
        migrations.AddField(
            model_name="calibration",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="donor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.donor",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="lot",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.lot",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="method_version",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.methodversion",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.run",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="site",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.site",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.tissuesource",
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="specification",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.specificationversion",
            ),
        ),
        migrations.AddField(
            model_name="amendment",
            name="evidence",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="amendments",
                to="products.evidence",
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="compared_with",
            field=models.ForeignKey(
                blank=True,
                help_text="The report or scan that the transcribed values were compared with.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="review_items",
                to="products.evidence",
            ),
        ),
        migrations.AddField(
            model_name="golive",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="golive",
            name="site",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="go_live",
                to="products.site",
            ),
        ),
        migrations.AddField(
            model_name="laboratory",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="laboratory",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evidence",
                to="products.laboratory",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="laboratory",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="products.laboratory",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["saved", "submitted", "returned", "retracted", "discarded"])
                ),
                name="run_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["submitted", "returned"]), _negated=True),
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
                    ("instrument__isnull", False),
                    ("laboratory__isnull", False),
                    ("from_paper", True),
                    _connector="OR",
                ),
                name="run_names_its_instrument",
            ),
        ),
        migrations.AddField(
            model_name="laboratoryqualification",
            name="laboratory",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="qualifications",
                to="products.laboratory",
            ),
        ),
        migrations.AddField(
            model_name="laboratoryqualification",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="mediarecall",
            name="media_lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="recalls",
                to="products.medialot",
            ),
        ),
        migrations.AddField(
            model_name="mediarecall",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="products.lot"
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="run",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="notes",
                to="products.run",
            ),
        ),
        migrations.AddField(
            model_name="outsidereport",
            name="evidence",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="products.evidence",
            ),
        ),
        migrations.AddField(
            model_name="outsidereport",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="outsidereport",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="products.run",
            ),
        ),
        migrations.AddField(
            model_name="profileassignment",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="profiles",
                to="products.product",
            ),
        ),
        migrations.AddField(
            model_name="profileassignment",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="rejudgement",
            name="criterion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="products.criterion",
            ),
        ),
        migrations.AddField(
            model_name="rejudgement",
            name="result",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rejudgements",
                to="products.result",
            ),
        ),
        migrations.AddField(
            model_name="roleapproval",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="role_grants",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="roleapproval",
            name="grant",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="approval",
                to="products.rolegrant",
            ),
        ),
        migrations.AddField(
            model_name="rolerevocation",
            name="grant",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="revocation",
                to="products.rolegrant",
            ),
        ),
        migrations.AddField(
            model_name="rolerevocation",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="runreturn",
            name="result",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="products.result",
            ),
        ),
        migrations.AddField(
            model_name="runreturn",
            name="returned_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="runreturn",
            name="run",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="returns",
                to="products.run",
            ),
        ),
        migrations.AddField(
            model_name="secondsignature",
            name="amendment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="second",
                to="products.amendment",
            ),
        ),
        migrations.AddField(
            model_name="secondsignature",
            name="evidence",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="second_signatures",
                to="products.evidence",
            ),
        ),
        migrations.AddField(
            model_name="secondsignature",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="specificationchange",
            name="from_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="products.specificationversion",
            ),
        ),
        migrations.AddField(
            model_name="specificationchange",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="specification_changes",
                to="products.lot",
            ),
        ),
        migrations.AddField(
            model_name="specificationchange",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="specificationchange",
            name="to_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="products.specificationversion",
            ),
        ),
        migrations.AddField(
            model_name="rejudgement",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="rejudgements",
                to="products.specificationchange",
            ),
        ),
        migrations.AddField(
            model_name="training",
            name="method_version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trainings",
                to="products.methodversion",
            ),
        ),
        migrations.AddField(
            model_name="training",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="trainings",
                to="products.person",
            ),
        ),
        migrations.AddField(
            model_name="training",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="determination",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcription",
                to="products.determination",
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="evidence",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcriptions",
                to="products.evidence",
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="method_version",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcription",
                to="products.methodversion",
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="recorded_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="run",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcription",
                to="products.run",
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="source",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcription",
                to="products.tissuesource",
            ),
        ),
        migrations.AddField(
            model_name="transcription",
            name="specification",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transcription",
                to="products.specificationversion",
            ),
        ),
        migrations.AddField(
            model_name="verification",
            name="signature",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, to="products.signature"
            ),
        ),
        migrations.AddField(
            model_name="verification",
            name="transcription",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="verification",
                to="products.transcription",
            ),
        ),
        migrations.AddConstraint(
            model_name="acknowledgement",
            constraint=models.UniqueConstraint(
                fields=("lot", "number"), name="acknowledgement_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="calibration",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["passed", "failed"])),
                name="calibration_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="calibration",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__gte", models.F("calibrated_on"))),
                name="calibration_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="calibration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("unreliable_since__isnull", True),
                    models.Q(
                        ("outcome", "failed"), ("unreliable_since__lte", models.F("calibrated_on"))
                    ),
                    _connector="OR",
                ),
                name="calibration_unreliable_only_when_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["correction", "transcription_error", "retraction", "void_lot"])
                ),
                name="amendment_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="amendment_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("corrects__isnull", False),
                        ("kind__in", ["correction", "transcription_error"]),
                        ("result__isnull", False),
                        ("run__isnull", False),
                    ),
                    models.Q(
                        ("corrects__isnull", True),
                        ("kind", "retraction"),
                        ("needs_second", True),
                        ("result__isnull", True),
                        ("run__isnull", False),
                    ),
                    models.Q(
                        ("corrects__isnull", True),
                        ("kind", "void_lot"),
                        ("needs_second", True),
                        ("result__isnull", True),
                        ("run__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="amendment_names_what_it_amends",
            ),
        ),
        migrations.AddConstraint(
            model_name="laboratory",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("code"), name="laboratory_code_never_reused"
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("lot__isnull", False),
                        ("run__isnull", True),
                        ("donor__isnull", True),
                        ("source__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", True),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", False),
                        ("donor__isnull", True),
                        ("source__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", True),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", True),
                        ("donor__isnull", False),
                        ("source__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", True),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", True),
                        ("donor__isnull", True),
                        ("source__isnull", False),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", True),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", True),
                        ("donor__isnull", True),
                        ("source__isnull", True),
                        ("specification__isnull", False),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", True),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", True),
                        ("donor__isnull", True),
                        ("source__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", False),
                        ("laboratory__isnull", True),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", True),
                        ("donor__isnull", True),
                        ("source__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", False),
                        ("site__isnull", True),
                    ),
                    models.Q(
                        ("lot__isnull", True),
                        ("run__isnull", True),
                        ("donor__isnull", True),
                        ("source__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("laboratory__isnull", True),
                        ("site__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="evidence_of_one_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(("size__gte", 1), ("size__lte", 26214400)),
                name="evidence_at_most_25_mb",
            ),
        ),
        migrations.AddConstraint(
            model_name="laboratoryqualification",
            constraint=models.UniqueConstraint(
                fields=("laboratory", "version"), name="qualification_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="laboratoryqualification",
            constraint=models.CheckConstraint(
                condition=models.Q(("qualified_until__gte", models.F("qualified_from"))),
                name="qualification_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="mediarecall",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="mediarecall_has_a_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="note",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="note_says_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidereport",
            constraint=models.UniqueConstraint(
                fields=("run", "sequence"), name="report_sequence_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidereport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("controls__in", ["acceptable", "not_acceptable", "not_stated"])
                ),
                name="report_controls_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="outsidereport",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("started_on__isnull", True),
                    ("ended_on__isnull", True),
                    ("ended_on__gte", models.F("started_on")),
                    _connector="OR",
                ),
                name="report_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="profileassignment",
            constraint=models.UniqueConstraint(
                fields=("product", "version"), name="profile_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="profileassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("profile__in", ["strict", "phase_1_ind", "research_use_only"])),
                name="profile_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                fields=("user", "number"), name="rolegrant_number_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ["Analyst", "Reviewer", "Quality", "Auditor", "Administrator"])
                ),
                name="rolegrant_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="runreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(("comment", ""), _negated=True), name="runreturn_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="runreturn",
            constraint=models.UniqueConstraint(
                fields=("result",), name="runreturn_once_per_result"
            ),
        ),
        migrations.AddConstraint(
            model_name="secondsignature",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["confirmed", "refused"])),
                name="secondsignature_outcome_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="specificationchange",
            constraint=models.UniqueConstraint(
                fields=("lot", "number"), name="specificationchange_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="specificationchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("from_version", models.F("to_version")), _negated=True),
                name="specificationchange_to_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="specificationchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("justification", ""), _negated=True),
                name="specificationchange_is_justified",
            ),
        ),
        migrations.AddConstraint(
            model_name="rejudgement",
            constraint=models.UniqueConstraint(
                fields=("change", "result"), name="rejudgement_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="rejudgement",
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
                name="rejudgement_verdict_known",
            ),
        ),
        migrations.AddIndex(
            model_name="training",
            index=models.Index(fields=["person", "method_version"], name="training_by_person"),
        ),
        migrations.AddConstraint(
            model_name="training",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True),
                    ("valid_until__gte", models.F("trained_on")),
                    _connector="OR",
                ),
                name="training_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="transcription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["run", "specification", "method", "determination", "source"])
                ),
                name="transcription_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="transcription",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("run__isnull", False),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("determination__isnull", True),
                        ("source__isnull", True),
                    ),
                    models.Q(
                        ("run__isnull", True),
                        ("specification__isnull", False),
                        ("method_version__isnull", True),
                        ("determination__isnull", True),
                        ("source__isnull", True),
                    ),
                    models.Q(
                        ("run__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", False),
                        ("determination__isnull", True),
                        ("source__isnull", True),
                    ),
                    models.Q(
                        ("run__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("determination__isnull", False),
                        ("source__isnull", True),
                    ),
                    models.Q(
                        ("run__isnull", True),
                        ("specification__isnull", True),
                        ("method_version__isnull", True),
                        ("determination__isnull", True),
                        ("source__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="transcription_of_one_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["confirmed", "refused"])),
                name="verification_outcome_known",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                django.db.models.functions.text.Upper("number"), name="run_by_number"
            ),
        ),
        migrations.AddIndex(
            model_name="sample",
            index=models.Index(
                django.db.models.functions.text.Upper("number"), name="sample_by_number"
            ),
        ),
        migrations.AddIndex(
            model_name="amendment",
            index=models.Index(
                django.db.models.functions.text.Upper("number"), name="amendment_by_number"
            ),
        ),
        migrations.AddIndex(
            model_name="investigation",
            index=models.Index(
                django.db.models.functions.text.Upper("number"), name="investigation_by_number"
            ),
        ),
        migrations.RunSQL(LINKS, DROP_LINKS),
        migrations.RunSQL(FUNCTIONS, former_functions()),
        migrations.RunSQL(triggers(), drop_triggers()),
    ]
