"""The bare minimum that recording is measured against: one view, one serializer, one insert.

What anybody writes with Django and its REST framework in a few lines. It knows who asks, by the
same tokens, and checks the body against the columns; no rules, no trail, no judgement.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import connections, models
from django.urls import include, path
from psycopg import sql
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.serializers import ModelSerializer

from products.models import Person, Run
from products.models.fields import uuid7
from tests.conftest import Databases


class PlainResult(models.Model):
    """The columns of a result, in a table that nothing guards; elsewhere nothing asks for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    recorded_at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey(Run, on_delete=models.DO_NOTHING, related_name="+")
    version = models.PositiveIntegerField()
    reading_sequence = models.PositiveIntegerField()
    verdict = models.CharField(max_length=32)
    raw_text = models.CharField(max_length=100, blank=True)
    reported = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=32, blank=True)
    final = models.BooleanField()
    final_at = models.DateTimeField(null=True)
    explanation = models.CharField(max_length=1000)
    details = models.JSONField(default=list)
    reason = models.CharField(max_length=1000, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, related_name="+"
    )
    performed_by = models.ForeignKey(Person, on_delete=models.DO_NOTHING, related_name="+")

    objects: ClassVar[models.Manager[PlainResult]] = models.Manager()

    class Meta:
        app_label = "products"
        managed = False
        default_permissions = ()
        db_table = "benchmark_result"

    def __str__(self) -> str:
        return f"{self.run} v{self.version}: {self.verdict}"


class PlainSerializer(ModelSerializer[PlainResult]):
    class Meta:
        model = PlainResult
        fields = "__all__"


class PlainView(CreateAPIView[PlainResult]):
    queryset = PlainResult.objects.all()
    serializer_class = PlainSerializer
    permission_classes = [IsAuthenticated]


urlpatterns = [path("plain/", PlainView.as_view()), path("", include("qcsite.urls"))]


def make_plain_table(databases: Databases) -> None:
    """The table in the database in use: columns, keys and links of results, and no trigger."""
    table = sql.Identifier(PlainResult._meta.db_table)  # noqa: SLF001  # Django's own interface
    with databases.connect(connections["default"].settings_dict["NAME"]) as owner:
        owner.execute(sql.SQL("CREATE TABLE {} (LIKE products_result INCLUDING ALL)").format(table))
        for column, other in (
            ("run_id", "products_run"),
            ("submitted_by_id", "products_user"),
            ("performed_by_id", "products_person"),
        ):
            owner.execute(
                sql.SQL("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} (id)").format(
                    table, sql.Identifier(column), sql.Identifier(other)
                )
            )
        owner.execute(sql.SQL("GRANT SELECT, INSERT ON {} TO exolot_app").format(table))
