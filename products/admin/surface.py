"""The base of every record's pages: lists and records to read, actions to change, no Delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast

from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from products.actions.base import ACTIONS
from products.admin.as_of import refuse_as_of
from products.admin.histories import History, answer_history
from products.admin.pages import ActionPage, Crumb, answer, require
from products.admin.paging import BoundedPaginator
from products.admin.requests import identity_in
from products.domain.roles import Permission
from products.queries.audit import of_record

Row = TypeVar("Row", bound=Model)


class RecordAdmin(admin.ModelAdmin, Generic[Row]):  # type: ignore[type-arg]  # not subscriptable
    """Lists and shows records. Django's own forms, transactions and log never write here.

    ``registers`` is the action behind the list's button, whose page `registration` describes.
    """

    actions = None
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    view_on_site = False
    sortable_by = ()
    registers: ClassVar[str] = ""
    register_label: ClassVar[str] = ""
    record_template: ClassVar[str] = "admin/exolot/record.html"
    list_title: ClassVar[str] = ""

    # Permissions: the roles', never Django's.

    def has_module_permission(self, request: HttpRequest) -> bool:
        return Permission.READ in identity_in(request).permissions

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def may(self, request: HttpRequest, action: str) -> bool:
        permission = ACTIONS[action].permission
        return permission is None or permission in identity_in(request).permissions

    # Pages.

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request,
            {
                "title": self.list_title or self._plural(),
                "list_links": self.list_links(request),
                "zone": identity_in(request).zone,
                **(extra_context or {}),
            },
        )

    def list_links(self, request: HttpRequest) -> list[Crumb]:
        """What may be done from the list, as links."""
        if self.registers and self.may(request, self.registers):
            return [Crumb(self.register_label, self.url("add"))]
        return []

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.registers:
            raise Http404("These records come from other pages.")
        return self.answer(request, self.registration(request))

    def registration(self, request: HttpRequest) -> ActionPage:
        raise NotImplementedError

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The record, to read. Opens no transaction: an action opens its own and is outermost."""
        refuse_as_of(request)
        require(request, Permission.READ, "reading records")
        record = self.record(object_id)
        return TemplateResponse(
            request,
            self.record_template,
            {
                **self.admin_site.each_context(request),
                "title": str(record),
                "record": record,
                "crumbs": (self.list_crumb(),),
                "history_url": self.url("history", record.pk),
                **self.shown(request, record),
            },
        )

    def shown(self, request: HttpRequest, record: Row) -> Mapping[str, Any]:
        """What the record's own template shows."""
        raise NotImplementedError

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise PermissionDenied("Records are never deleted.")

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        require(request, Permission.READ, "reading records")
        record = self.record(object_id)
        return answer_history(
            self.admin_site,
            request,
            History(
                title=f"History of {record}",
                about="Every change of this record's own row, as the database wrote it.",
                parts=of_record(record),
                crumbs=self.record_crumbs(record),
                links=self.history_links(request, record),
            ),
        )

    def history_links(self, request: HttpRequest, record: Row) -> tuple[Crumb, ...]:
        """Wider histories, of which the record's own is a part."""
        return ()

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:key>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(getattr(self, f"{name}_page")),
                name=f"{self._name()}_{name}",
            )
            for name in self.page_names()
        ]
        return [*own, *super().get_urls()]

    def page_names(self) -> tuple[str, ...]:
        """Pages of one record: ``release`` is the method ``release_page`` and the URL's end."""
        return ()

    # The silent writers of Django's admin, switched off.

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]  # no entry
        return None

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:  # type: ignore[override]  # no entry
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]  # no entry
        return None

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        raise PermissionDenied("Records are written by actions only.")

    # For the pages below.

    def answer(self, request: HttpRequest, page: ActionPage) -> HttpResponse:
        refuse_as_of(request)
        return answer(self.admin_site, request, page)

    def record(self, key: Any) -> Row:
        """Raises Http404 for a key that is none, or of no record."""
        try:
            return cast("Row", self.get_queryset_of_one().get(pk=key))
        except (self.model.DoesNotExist, ValidationError, ValueError):
            raise Http404(f"There is no such {self.opts.verbose_name}.") from None

    def get_queryset_of_one(self) -> Any:
        return self.model._default_manager.all()  # noqa: SLF001  # Django's documented interface

    def url(self, page: str, key: Any = None) -> str:
        return reverse(f"admin:{self._name()}_{page}", args=[key] if key else None)

    def list_crumb(self) -> Crumb:
        return Crumb(self.list_title or self._plural(), self.url("changelist"))

    def record_crumbs(self, record: Row) -> tuple[Crumb, ...]:
        return (self.list_crumb(), Crumb(str(record), self.url("change", record.pk)))

    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _plural(self) -> str:
        name = str(self.opts.verbose_name_plural)
        return name[0].upper() + name[1:]
