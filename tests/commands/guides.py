"""Guides whose commands are run: every `sh` block, in order, in one shell, and what follows it.

An `http` block is an answer of the API as `curl --include` shows it: its status, headers of
interest, and its body. A `json` block is the body alone, a `text` block what other commands print.
In all `...` stands for any text; in JSON a member `"..."` for further members, and a last item
`"..."` for further items. Commands without an answer print nothing.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FENCE = "```"
ANSWERS = frozenset({"http", "json", "text"})
ANY = "..."
PATIENCE_S = 120


@dataclass(frozen=True, slots=True)
class Step:
    """Commands, and the kind and text of the answer that the guide shows; empty without one."""

    commands: str
    kind: str = ""
    answer: str = ""


def steps_of(guide: str, given: Mapping[str, str]) -> list[Step]:
    """Every block of the guide, in which each text of ``given`` stands for what it maps to.

    Raises:
        ValueError: a block would not be run or compared, or a text of ``given`` is not there.
    """
    for text, real in given.items():
        if text not in guide:
            raise ValueError(f"The guide has no {text!r}.")
        guide = guide.replace(text, real)
    steps: list[Step] = []
    for kind, text in _blocks(guide):
        if kind == "sh":
            steps.append(Step(text))
        elif kind not in ANSWERS:
            raise ValueError(f"A block of kind {kind!r} is neither run nor compared:\n{text}")
        elif not steps or steps[-1].kind:
            raise ValueError(f"An answer stands behind no command of its own:\n{text}")
        else:
            steps[-1] = Step(steps[-1].commands, kind, text)
    return steps


def _blocks(guide: str) -> Iterator[tuple[str, str]]:
    """The kind and the text between each two lines that begin with a fence."""
    kind, inside = None, ""
    for line in guide.splitlines(keepends=True):
        if not line.lstrip().startswith(FENCE):
            inside += line
        elif kind is None:
            kind, inside = line.strip().removeprefix(FENCE), ""
        elif line.rstrip() != FENCE:
            raise ValueError(f"The block {kind!r} is not closed before {line!r}.")
        else:
            yield kind, inside
            kind = None
    if kind is not None:
        raise ValueError(f"The block {kind!r} is not closed:\n{inside}")


def run(steps: list[Step], place: Path) -> list[str]:
    """What each step printed."""
    script = ""
    for number, step in enumerate(steps):
        script += f"exec > out-{number} 2>&1\n{step.commands}"
    python = Path(sys.executable).parent
    subprocess.run(  # noqa: S603  # the commands of our own guide
        ["bash", "-c", script],  # noqa: S607  # bash is where the system has it
        cwd=place,
        env={"PATH": f"{python}:{os.environ['PATH']}", "HOME": str(place), "LC_ALL": "C.UTF-8"},
        check=False,
        timeout=PATIENCE_S,
    )
    outs = [place / f"out-{number}" for number in range(len(steps))]
    return [out.read_text("utf-8") if out.exists() else "was not reached" for out in outs]


def faults(step: Step, printed: str) -> Iterator[str]:
    """Where what was printed is not what the guide shows."""
    if step.kind == "http":
        yield from _faults_of_answer(step.answer, printed.replace("\r\n", "\n"))
    elif step.kind == "json":
        yield from _faults_of_body(step.answer, printed)
    else:
        wanted, got = step.answer.strip().splitlines(), printed.strip().splitlines()
        if len(wanted) != len(got):
            yield f"prints {printed!r}"
        for one, other in zip(wanted, got, strict=False):
            if not _fits(one, other):
                yield f"prints {other!r}, not {one!r}"


def _faults_of_answer(wanted: str, printed: str) -> Iterator[str]:
    head, _, body = printed.partition("\n\n")
    wanted_head, _, wanted_body = wanted.partition("\n\n")
    first, *fields = wanted_head.strip().splitlines()
    status, *headers = head.splitlines() or [""]
    # What a status is called differs from one Python to the next.
    if status.split()[:2] != first.split()[:2]:
        yield f"answers {printed!r}, not {first!r}"
        return
    for field in fields:
        if not any(_fits(field.lower(), header.lower()) for header in headers):
            yield f"no header {field!r} among {headers}"
    if wanted_body.strip():
        yield from _faults_of_body(wanted_body, body)


def _faults_of_body(wanted: str, body: str) -> Iterator[str]:
    try:
        found = json.loads(body)
    except ValueError:
        yield f"no JSON: {body!r}"
    else:
        yield from _differences(json.loads(wanted), found, "answer")


def _differences(wanted: Any, found: Any, where: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        more = wanted.keys() - found.keys() - {ANY}
        less = set() if ANY in wanted else found.keys() - wanted.keys()
        if more or less:
            yield f"{where}: no {sorted(more)} there; {sorted(less)} not in the guide"
        for name in wanted.keys() & found.keys():
            yield from _differences(wanted[name], found[name], f"{where}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list):
        goes_on = bool(wanted) and wanted[-1] == ANY
        shown = wanted[:-1] if goes_on else wanted
        if len(found) < len(shown) or (len(found) > len(shown) and not goes_on):
            yield f"{where}: {len(found)} items, not {len(shown)}"
        for number, (one, other) in enumerate(zip(shown, found, strict=False)):
            yield from _differences(one, other, f"{where}[{number}]")
    elif isinstance(wanted, str) and isinstance(found, str):
        if not _fits(wanted, found):
            yield f"{where}: {found!r}, not {wanted!r}"
    elif wanted not in (found, ANY):
        yield f"{where}: {found!r}, not {wanted!r}"


def _fits(wanted: str, found: str) -> bool:
    parts = (re.escape(part) for part in wanted.split(ANY))
    return re.fullmatch(".*".join(parts), found, re.DOTALL) is not None
