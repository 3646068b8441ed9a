"""Connections to PostgreSQL; embedded ones start the server when the first is opened."""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base

from qcsite import embedded


class DatabaseWrapper(base.DatabaseWrapper):
    """OPTIONS may hold ``embedded``: the name of the cluster whose server is to be used."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        cluster = params.pop("embedded", None)
        if cluster is not None:
            server = embedded.ensure(cluster)
            params |= server.conninfo(params["user"], params["dbname"])
        return params
