"""What the machine drives, and how large its model is."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from products import actions
from products.actions.base import ACTIONS
from tests import machine
from tests.machine import model

ROOT = Path(__file__).parent.parent.parent
MOST_LINES = 150


def names_of_actions() -> Iterator[tuple[str, str]]:
    """Each function of an action, or the one that is called in its place, and the action's name."""
    for path in ROOT.glob("products/actions/*.py"):
        functions = [
            node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)
        ]
        for node in functions:
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "action":
                    yield public_name(node, functions), ast.literal_eval(call.args[0])


def public_name(body: ast.FunctionDef, functions: list[ast.FunctionDef]) -> str:
    """The function's own name, or of a private one that of its only caller in the module."""
    if not body.name.startswith("_"):
        return body.name
    (caller,) = {one.name for one in functions if one is not body and calls(one, body.name)}
    return caller


def calls(one: ast.FunctionDef, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(one))


def modules_of(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
    ]


def actions_of(*modules: ModuleType) -> set[str]:
    """The actions that the modules take from the product."""
    taken = {
        alias.name
        for module in modules
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("products.actions")
        for alias in node.names
    }
    return {action for function, action in names_of_actions() if function in taken}


def test_every_action_is_driven() -> None:
    modules_of(actions)

    assert {name for _, name in names_of_actions()} == set(ACTIONS)
    assert actions_of(*modules_of(machine)) == set(ACTIONS)


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
