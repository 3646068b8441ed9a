"""Persons, with their accounts and trainings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.urls import reverse

from products.actions.accounts import create_person
from products.admin.forms import ActionForm, text
from products.admin.pages import ActionPage, Done
from products.admin.parts import Shown, Table, link, option
from products.admin.requests import identity_in
from products.admin.roles import signs
from products.admin.site import site
from products.admin.surface import RecordAdmin
from products.admin.trainings import trainings_table
from products.models import Person, RoleGrant
from products.queries.registers import role_grants, trainings
from products.templatetags.exolot import mark

SEVERAL = (
    "Both accounts are of one person. Duties are kept apart by person: what one account recorded, "
    "the other may not review or release."
)


class PersonForm(ActionForm):
    printed_name = text("Printed name", "As it stands beside every signature.")


@admin.register(Person, site=site)
class PersonAdmin(RecordAdmin[Person]):
    registers = "person.create"
    register_label = "Record a person"
    list_display = ("printed_name",)
    search_fields = ("printed_name__icontains",)
    search_help_text = "Name"
    ordering = ("printed_name",)

    def shown(self, request: HttpRequest, record: Person) -> Mapping[str, Any]:
        accounts = list(
            record.accounts.order_by("username").prefetch_related(
                Prefetch("role_grants", role_grants().filter(revocation__isnull=True), "in_force")
            )
        )
        add = reverse("admin:products_user_add")
        return Shown(
            facts=[("Printed name", record.printed_name), ("Accounts", len(accounts))],
            notes=[SEVERAL] if len(accounts) > 1 else [],
            tables=[
                Table(
                    "Accounts",
                    ("Account", "Roles", "State"),
                    [
                        (
                            link(
                                row.username, reverse("admin:products_user_change", args=[row.pk])
                            ),
                            _roles_held(row.in_force),
                            mark("active" if row.is_active else "inactive"),
                        )
                        for row in accounts
                    ],
                    empty="The person has no account.",
                ),
                trainings_table(
                    request,
                    trainings().filter(person=record),
                    "Nobody has signed that the person is trained for a method.",
                ),
            ],
            options=[
                option(request, "account.create", "Give an account", f"{add}?person={record.pk}"),
                option(
                    request,
                    "training.record",
                    "Sign a training",
                    f"{reverse('admin:products_training_add')}?person={record.pk}",
                    why_not="nobody signs for an own training."
                    if identity_in(request).person == record.pk
                    else "",
                ),
            ],
        ).as_context()

    def registration(self, request: HttpRequest) -> ActionPage:
        def perform(context: Any, typed: dict[str, Any]) -> Done:
            person = create_person(context, printed_name=typed["printed_name"])
            return Done(self.url("change", person.pk), f"{person.printed_name} is recorded.")

        return ActionPage(
            action="person.create",
            title="Record a person",
            form_class=PersonForm,
            perform=perform,
            submit="Record the person",
            back=self.url("changelist"),
            crumbs=(self.list_crumb(),),
        )


def _roles_held(grants: Iterable[RoleGrant]) -> str:
    """With those that do not sign yet named as such."""
    held = [f"{one.role}{'' if signs(one) else ' (does not sign yet)'}" for one in grants]
    return ", ".join(sorted(held)) or "none"
