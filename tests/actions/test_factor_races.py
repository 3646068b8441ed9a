"""One code, sent twice at the same moment: one of the two proves something."""

from __future__ import annotations

import threading

from django.db import connection

from products.domain.errors import SignatureRefusedError
from products.models import Factor, FactorStep, SignIn
from tests.factors import app_of, new_app


def test_of_two_proofs_at_once_with_one_code_one_holds(committed_db: str) -> None:
    app = app_of("analyst")
    code, outcomes = app.code(), []
    start = threading.Barrier(2)

    def prove(name: str) -> None:
        start.wait()
        try:
            new_app("analyst", name, second_factor=code)
        except SignatureRefusedError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("proved")
        finally:
            connection.close()

    threads = [threading.Thread(target=prove, args=(name,)) for name in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["proved", "signature_refused"]
    assert FactorStep.objects.filter(factor=app.factor.pk, step=app.last).count() == 1
    assert Factor.objects.filter(name__in=["One", "Two"]).count() == 1
    assert SignIn.objects.filter(user__username="analyst", succeeded=False).count() == 1
