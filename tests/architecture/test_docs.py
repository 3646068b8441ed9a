"""The documentation against the code: what is built is described, what is described is built."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

import products.actions
import products.api
from products.actions.base import ACTIONS
from products.api.surface import UnknownAddress
from products.domain.blocks import BLOCK_CODES
from products.domain.criteria import Verdict
from products.domain.errors import DomainError
from products.domain.lots import STATUS_GLYPHS, STATUS_LABELS, ReleaseStatus
from products.domain.roles import ROLE_PERMISSIONS, Permission, Role
from products.domain.rules import RULES
from qcsite.settings import VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
REFERENCE = ROOT / "docs/reference"
MOST_OF_A_PICTURE = 150_000
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts
)


def _import_all(package: object) -> None:
    path, name = package.__path__, package.__name__  # type: ignore[attr-defined]
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{name}.{module.name}")


_import_all(products.actions)
_import_all(products.api)


def _listed(page: str) -> set[str]:
    """What the first cells of a page's tables name in code marks."""
    cells = re.findall(r"^\| ([^|]+) \|", (REFERENCE / page).read_text(), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@cache
def _commands() -> list[str]:
    return sorted(name for name, app in get_commands().items() if app == "products")


def _error_classes(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _error_classes(inner)


def _finer_codes() -> set[str]:
    """Codes that are given to single errors, read from the code."""
    files = (path for area in ("actions", "domain", "api") for path in _python_files(area))
    texts = (path.read_text() for path in files)
    return {code for text in texts for code in re.findall(r'code="([a-z_]+)"', text)}


def _python_files(area: str) -> list[Path]:
    return sorted((ROOT / "products" / area).glob("*.py"))


def test_every_action_is_listed_and_no_other() -> None:
    assert _listed("actions.md") == set(ACTIONS)


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_an_action_is_listed_with_who_may_do_it_and_whether_it_is_signed(name: str) -> None:
    lines = (REFERENCE / "actions.md").read_text().splitlines()
    row = next(line for line in lines if line.startswith(f"| `{name}` |"))
    _, _, who, signed, *_ = (cell.strip() for cell in row.split("|"))

    permission = ACTIONS[name].permission
    roles = [role.value for role in Role if permission in ROLE_PERMISSIONS[role]]
    assert (signed == "yes") == ACTIONS[name].signed
    assert permission is None or who == ", ".join(roles)


def test_every_permission_is_listed_with_its_roles() -> None:
    text = (REFERENCE / "roles.md").read_text()

    rows = [
        f"| `{permission}` | "
        + " | ".join("yes" if permission in ROLE_PERMISSIONS[role] else "" for role in Role)
        + " |"
        for permission in Permission
    ]
    assert [row for row in rows if row not in text] == []


def test_every_rule_and_block_code_is_listed_and_no_other() -> None:
    text = (REFERENCE / "blocks.md").read_text()

    assert _listed("blocks.md") == set(BLOCK_CODES)
    assert [rule.id for rule in RULES if f"| {rule.id} | {rule.title} |" not in text] == []
    assert [
        code
        for code, block in BLOCK_CODES.items()
        if f"| `{code}` | {block.rule} | {block.title} | {block.clears} |" not in text
    ] == []


def test_every_error_code_is_listed() -> None:
    codes = {kind.code for kind in _error_classes()} | _finer_codes()

    assert "release_blocked" in codes
    assert codes - _listed("errors.md") == set()


def test_every_variable_is_listed_and_no_other() -> None:
    assert _listed("settings.md") == set(VARIABLES)


def test_every_status_is_listed_with_its_label_and_sign() -> None:
    text = (REFERENCE / "status.md").read_text()

    rows = [f"| {STATUS_LABELS[s]} | {STATUS_GLYPHS[s]} | `{s}` |" for s in ReleaseStatus]
    assert [row for row in rows if row not in text] == []
    assert _listed("status.md") >= set(Verdict)


def test_every_command_and_option_is_described_and_no_other() -> None:
    text = (REFERENCE / "commands.md").read_text()
    described = re.findall(r"^## `(\w+)`$", text, re.MULTILINE)

    assert sorted(described) == _commands()
    for name in described:
        section = text.split(f"## `{name}`")[1].split("\n## ")[0]
        assert set(re.findall(r"(?<!-)--[a-z][a-z-]+", section)) == _own_options(name), name


def _own_options(name: str) -> set[str]:
    command = load_command_class("products", name)
    common = {"--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback"}
    common |= {"--no-color", "--force-color", "--skip-checks"}
    parser = command.create_parser("manage.py", name)
    actions = parser._actions  # noqa: SLF001  # argparse lists them nowhere else
    return {word for action in actions for word in action.option_strings} - common - {"-h", "-v"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())

    local = [link for link in links if not link.startswith(("https://", "http://", "mailto:"))]
    assert [link for link in local if not (page.parent / link).exists()] == []


def _anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_a_heading_find_it(page: Path) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#\s]*)#([^)]+)\)", page.read_text())

    targets = [(page.parent / link if link else page, anchor) for link, anchor in links]
    assert [anchor for target, anchor in targets if anchor not in _anchors(target)] == []


def test_every_picture_is_shown_and_small() -> None:
    pictures = set((ROOT / "docs/images").iterdir())
    shown = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", page.read_text())
    }

    assert pictures == shown
    assert [
        picture.name for picture in pictures if picture.stat().st_size > MOST_OF_A_PICTURE
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_addresses_exist(page: Path) -> None:
    addresses = set(re.findall(r"/api/v1/[\w./-]*", page.read_text()))

    assert [
        address
        for address in sorted(addresses)
        if getattr(resolve(address.rstrip(".")).func, "cls", None) is UnknownAddress
        and address != "/api/v1/"
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_actions_that_are_named_exist(page: Path) -> None:
    nouns = {name.split(".")[0] for name in ACTIONS}
    named = re.findall(r"`([a-z]+\.[a-z_]+)`", page.read_text())

    # Attempts, recorded beside the actions.
    aliases = {"account.sign_in", "account.signature", "account.second_factor"}
    wrong = [n for n in named if n.split(".")[0] in nouns and n not in {*ACTIONS, *aliases}]
    assert wrong == []


def test_every_dependency_has_its_sentence() -> None:
    page = (ROOT / "docs/adr/0006-dependencies.md").read_text()
    named = {
        re.split(r"[\[=~<>]", line)[0]
        for path in ("requirements/base.in", "requirements/sso.in", "requirements/test.in")
        for line in (ROOT / path).read_text().splitlines()
        if line and not line.startswith(("#", "-"))
    }

    listed = {
        name
        for row in re.findall(r"^\| (`[^|]+) \|", page, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", row)
    }
    assert listed == named


def test_the_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()

    commands = re.findall(r"^make (\w+)", readme, re.MULTILINE)
    assert commands[:2] == ["demo", "test"]
    assert [name for name in commands if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_the_readme_says_what_is_not_claimed() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())

    assert "No exosome product is FDA-approved" in readme
    assert "has not been validated" in readme


def test_the_version_is_that_of_the_changelog() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    version = re.search(
        r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )

    assert version is not None
    assert re.findall(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)[0] == version[1]
