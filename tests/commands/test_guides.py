"""A guide whose answers are not those of the server is found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.commands.guides import Step, faults, run, steps_of

SHOWN = """HTTP/1.1 200 OK
ETag: "...-released-1"

{"number": "A-1", "blocks": [], "rules": [{"rule": "R01", "...": "..."}, "..."], "at": "..."}
"""
PRINTED = (
    'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: "4.2-released-1"\r\n\r\n'
    '{"number": "A-1", "blocks": [], "rules": [{"rule": "R01", "note": ""}, {"rule": "R02"}], '
    '"at": "2026-11-29T12:00:00Z"}'
)
STEP = Step("get /one/\n", "http", SHOWN)


def test_an_answer_as_it_is_shown_has_no_fault() -> None:
    assert list(faults(STEP, PRINTED)) == []


@pytest.mark.parametrize(
    ("shown", "other"),
    [
        ("200 OK", "404 Not Found"),
        ("-released-1", "-on_hold-1"),
        ('"A-1"', '"A-2"'),
        ('"blocks": []', '"blocks": ["more"]'),
        ('"blocks": []', '"blocks": null'),
        ('"blocks": [], ', ""),
        ('"number"', '"lot": "A-1", "number"'),
        ('}, "..."]', "}]"),
        ('"R01", "...": "..."', '"R01"'),
        ('"R01"', '"R09"'),
    ],
)
def test_one_thing_that_differs_is_told(shown: str, other: str) -> None:
    assert SHOWN.count(shown) == 1

    assert list(faults(replace(STEP, answer=SHOWN.replace(shown, other)), PRINTED)) != []


def test_what_is_printed_differs_by_a_line_or_a_word() -> None:
    step = Step("", "text", "...: OK\n")

    assert list(faults(step, "entry.json: OK\n")) == []
    assert list(faults(step, "entry.json: FAILED\n")) != []
    assert list(faults(step, "a: OK\nb: OK\n")) != []


def test_blocks_run_in_one_shell_and_in_order(tmp_path: Path) -> None:
    guide = '```sh\nA=...\n```\nthen\n```sh\necho "$A"; false\n```\n\n```text\nreal\n```\n'
    steps = steps_of(guide, {"A=...": "A=real"})

    printed = run(steps, tmp_path)

    assert [step.kind for step in steps] == ["", "text"]
    assert [list(faults(*pair)) for pair in zip(steps, printed, strict=True)] == [[], []]


def test_a_body_alone_is_compared_too() -> None:
    step = Step("", "json", '{"number": "A-1", "...": "..."}')

    assert list(faults(step, '{"number": "A-1", "status": "released"}')) == []
    assert list(faults(step, '{"number": "A-2", "status": "released"}')) != []
    assert list(faults(step, "curl: (7) Failed to connect")) != []


def test_commands_without_an_answer_print_nothing() -> None:
    assert list(faults(Step("A=1\n"), "")) == []
    assert list(faults(Step("get /one/\n"), PRINTED)) != []


@pytest.mark.parametrize(
    ("guide", "told"),
    [
        ("```sh\ntrue\n```\n```htpp\nx\n```\n", "kind 'htpp'"),
        ("```sh\ntrue\n```\n```\nx\n```\n", "kind ''"),
        ("```sh\ntrue\n```\n``http\nx\n```\n", "not closed"),
        ("```sh\ntrue\n```\n```text\nx\n``\n```sh\ntrue\n```\n", "not closed before"),
        ("```sh\ntrue\n```\n```text\nx\n```\n```text\ny\n```\n", "no command of its own"),
        ("```text\nx\n```\n", "no command of its own"),
        ("```sh\ntrue\n```\n", "has no 'TOKEN'"),
    ],
)
def test_a_block_that_would_go_uncompared_is_refused(guide: str, told: str) -> None:
    given = {"TOKEN": "x"} if "TOKEN" in told else {}

    with pytest.raises(ValueError, match=told):
        steps_of(guide, given)
