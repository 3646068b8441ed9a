"""What the machine drives, and how large its model is."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from products import actions
from products.actions.base import ACTIONS
from tests.machine import model

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
MOST_LINES = 150

SIGNING_IN = "of how people prove who they are, which tests of their own have"
LEFT_OUT = {
    "account.remove_factor": SIGNING_IN,
    "factor.confirm_totp": SIGNING_IN,
    "factor.enrol_passkey": SIGNING_IN,
    "factor.enrol_totp": SIGNING_IN,
    "factor.issue_recovery_codes": SIGNING_IN,
    "factor.remove": SIGNING_IN,
    "identity.link": SIGNING_IN,
    "identity.link_own": SIGNING_IN,
    "identity.unlink": SIGNING_IN,
    "ledger.register_key": "of the ledger, which no judgement reads",
    "report.record": "of outside runs, which tests/actions/test_outside_results.py has",
    "site.declare_go_live": "once for each site, for paper alone",
    "site.register": "with a second site every lot would have to name its own",
    "trail.review": "of the ledger, which no judgement reads",
    "transcription.record": "of paper, whose runs tests/actions/test_transcriptions.py has",
    "transcription.verify": "of paper, whose runs tests/actions/test_transcriptions.py has",
}
"""Actions that the machine does not drive, each with the reason."""


def names_of_actions() -> Iterator[tuple[str, str]]:
    """Each function of an action, and the action's name."""
    for path in ROOT.glob("products/actions/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef):
                continue
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "action":
                    yield node.name.removeprefix("_"), ast.literal_eval(call.args[0])


def driven() -> set[str]:
    """The actions that the modules of the machine take from the product."""
    taken = {
        alias.name
        for path in HERE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("products.actions")
        for alias in node.names
    }
    return {action for function, action in names_of_actions() if function in taken}


def test_every_action_is_driven_or_left_out_for_a_reason() -> None:
    for module in pkgutil.iter_modules(actions.__path__):
        importlib.import_module(f"products.actions.{module.name}")

    assert {name for _, name in names_of_actions()} == set(ACTIONS)
    assert driven() | set(LEFT_OUT) == set(ACTIONS)
    assert driven() & set(LEFT_OUT) == set()


def test_the_model_is_small_and_knows_nothing_of_the_product() -> None:
    text = Path(model.__file__).read_text()
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert len(text.splitlines()) <= MOST_LINES
    assert imported == {"__future__", "collections", "collections.abc", "dataclasses", "datetime"}
