"""The verifier that auditors run: a program of its own, on good and on bad files."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from products.domain.notes import Checkpoint, checkpoint_text, sign_note
from tests.domain.test_merkle import NODES
from tests.sealing import OTHER, SIGNER
from tests.tools.ledgers import VERIFIER, Files, files, note_of

GOOD = files(5, 23, 9)


def run(
    folder: Path, given: Files, *, vkeys: tuple[str, ...] = (SIGNER.vkey,), continues: bool = True
) -> subprocess.CompletedProcess[str]:
    """The verifier as a program, away from our code."""
    names = ("proof", "entry", "earlier", "consistency")
    for name in names:
        (folder / name).write_bytes(getattr(given, name))
    keys = [word for vkey in vkeys for word in ("--vkey", vkey)]
    kept = ["--continues", "earlier", "consistency"] if continues else []
    return subprocess.run(
        [sys.executable, "-I", str(VERIFIER), "proof", "entry", *keys, *kept],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("continues", [True, False])
def test_good_files_are_accepted(tmp_path: Path, continues: bool) -> None:
    done = run(tmp_path, GOOD, continues=continues)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The entry is in the ledger, in a tree of 23 entries.\n"


SEALED = ("sealed 2026-01-02T03:04:05.000006Z",)
DATED = sign_note(checkpoint_text(Checkpoint(SIGNER.name, 23, NODES.root(23), SEALED)), SIGNER)


def test_the_time_that_was_signed_is_shown(tmp_path: Path) -> None:
    proof = GOOD.proof.replace(note_of(23).encode(), DATED.encode())

    done = run(tmp_path, replace(GOOD, proof=proof), continues=False)

    assert done.stdout.endswith("of 23 entries, sealed 2026-01-02T03:04:05.000006Z.\n")


def test_another_time_than_was_signed_is_refused(tmp_path: Path) -> None:
    note = DATED.replace("2026-01-02", "2025-01-02")
    proof = GOOD.proof.replace(note_of(23).encode(), note.encode())

    done = run(tmp_path, replace(GOOD, proof=proof), continues=False)

    assert "a signature is not of its text" in done.stderr


def test_a_key_beside_that_of_the_ledger_does_no_harm(tmp_path: Path) -> None:
    assert run(tmp_path, GOOD, vkeys=(OTHER.vkey, SIGNER.vkey)).returncode == 0


LARGER_SIZE = GOOD.proof.replace(b"\n23\n", b"\n24\n")
FORKED = sign_note(checkpoint_text(Checkpoint(SIGNER.name, 9, NODES.root(8))), SIGNER)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (replace(GOOD, entry=GOOD.entry + b"\n"), "the entry is not in the tree"),
        (replace(GOOD, proof=LARGER_SIZE), "a signature is not of its text"),
        (replace(GOOD, proof=GOOD.proof.replace(b"index 5", b"index 05")), "leading zeros"),
        (replace(GOOD, proof=GOOD.proof + b"x"), "no signatures after a blank line"),
        (replace(GOOD, proof=GOOD.proof.replace(b"\n", b"\r\n")), "control characters"),
        (replace(GOOD, proof=GOOD.proof + b"\xff"), "can't decode"),
        (replace(GOOD, earlier=FORKED.encode()), "does not continue your checkpoint"),
        (replace(GOOD, earlier=note_of(10).encode()), "begins at another size"),
        (replace(GOOD, consistency=files(5, 22, 9).consistency), "another checkpoint"),
        (replace(files(5, 9, 9), consistency=GOOD.consistency), "another checkpoint"),
        (replace(files(5, 9, 9), earlier=FORKED.encode()), "the same root"),
    ],
)
def test_bad_files_are_refused_with_the_cause(tmp_path: Path, given: Files, said: str) -> None:
    done = run(tmp_path, given)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("REFUSED: ")
    assert said in done.stderr


def test_a_stranger_s_key_accepts_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, GOOD, vkeys=(OTHER.vkey,))

    assert (done.returncode, "no known key" in done.stderr) == (1, True)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(VERIFIER), "a", "b", "--vkey", SIGNER.vkey]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr[:8]) == (1, "REFUSED:")


def test_the_verifier_is_short_and_rests_on_nothing_of_ours() -> None:
    source = VERIFIER.read_text()

    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name) or ""
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    roots = {name.split(".")[0] for name in imported}
    assert roots - sys.stdlib_module_names == {"cryptography"}
    assert len(source.splitlines()) <= 150
