"""`issue_token` gives an auditor a token that reads."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from knox.models import get_digest_token

from products.models import ApiToken, AuditEntry
from tests.factors import app_of
from tests.records import product

ISSUED = {"by": "admin", "owner": "auditor", "purpose": "Inspection", "days": 30}


@pytest.fixture(autouse=True)
def _own_database(committed_db: str) -> None: ...


def _issue(**changes: Any) -> str:
    said = StringIO()
    options = {**ISSUED, **changes}
    call_command(
        "issue_token",
        f"--by={options['by']}",
        f"--for={options['owner']}",
        f"--purpose={options['purpose']}",
        f"--days={options['days']}",
        f"--code={options.get('code', '')}",
        *(f"--product={code}" for code in options.get("products", ())),
        stdout=said,
    )
    return said.getvalue()


def test_the_token_reads_and_belongs_to_the_auditor() -> None:
    _issue()

    token = ApiToken.objects.get()
    assert (token.user.username, token.issued_by.username) == ("auditor", "admin")
    assert (token.scope, token.kind) == ("read", "personal")
    assert (token.expiry - token.created).days == 30


def test_the_token_may_be_bound_to_products() -> None:
    product("EXO-1")

    said = _issue(products=["exo-1"])

    assert said.startswith("auditor may read EXO-1 until")
    assert ApiToken.objects.get().products == ["EXO-1"]


def test_the_secret_is_shown_and_kept_nowhere() -> None:
    secret = _issue().split("shown only now: ")[1].strip()

    token = ApiToken.objects.get()
    entry = AuditEntry.objects.get(action="token.issue")
    assert secret.startswith(token.token_key)
    assert secret not in token.digest
    assert secret.encode() not in bytes(entry.body)
    assert len(secret) == len(get_digest_token()[1])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"by": "analyst"}, "Only an administrator"),
        ({"by": "nobody"}, "no account 'nobody'"),
        ({"owner": "nobody"}, "no account 'nobody'"),
        ({"days": 0}, "1 to 365 days"),
    ],
)
def test_a_token_that_may_not_be_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        _issue(**changed)

    assert not ApiToken.objects.exists()


def test_an_administrator_who_has_a_second_factor_gives_a_code() -> None:
    app = app_of("admin")

    with pytest.raises(CommandError, match="has a second factor"):
        _issue()
    _issue(code=app.code())

    assert ApiToken.objects.count() == 1
