"""Migrations that render Django's models once a batch of operations instead of once for each.

With many tables that refer to each other, rendering them anew is nearly all that a migration costs.
"""

from __future__ import annotations

from itertools import groupby

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Each looks only at the model, field or constraint of its own in the state before or after, so
# that neighbours of one kind may share these states.
IN_BATCHES = (
    migrations.AddConstraint,
    migrations.AddField,
    migrations.AddIndex,
    migrations.CreateModel,
    migrations.RemoveConstraint,
)


class Batched(migrations.Migration):
    """Does what any migration does, in the same order; the database ends up the same."""

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        collect_sql: bool = False,  # noqa: FBT002  # as Django calls it
    ) -> ProjectState:
        for kind, operations in groupby(self.operations, key=type):
            if kind in IN_BATCHES and not collect_sql:
                project_state = self._apply_batch(list(operations), project_state, schema_editor)
            else:
                part = type("Part", (migrations.Migration,), {"operations": list(operations)})
                project_state = part(self.name, self.app_label).apply(
                    project_state, schema_editor, collect_sql
                )
        return project_state

    def _apply_batch(
        self,
        operations: list[Operation],
        before: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
    ) -> ProjectState:
        after = before.clone()
        after.__dict__.pop("apps", None)  # rendered when it is asked for, all at once
        for operation in operations:
            operation.state_forwards(self.app_label, after)
        for operation in operations:
            operation.database_forwards(self.app_label, schema_editor, before, after)
        return after
