"""A small ledger in memory, its files, and the verifier that auditors have."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from products.domain.merkle import consistency_proof, inclusion_proof
from products.domain.notes import Checkpoint, checkpoint_text, sign_note
from products.domain.tlog import Continuation, TlogProof, continuation_text, proof_text
from tests.domain.test_merkle import ENTRIES, NODES
from tests.sealing import SIGNER

VERIFIER = Path(__file__).resolve().parents[2] / "docs/tools/verify_proof.py"


@dataclass(frozen=True, slots=True)
class Files:
    """All that an auditor holds; good as `files` makes them."""

    proof: bytes
    entry: bytes
    earlier: bytes
    consistency: bytes


@cache
def note_of(size: int) -> str:
    return sign_note(checkpoint_text(Checkpoint(SIGNER.name, size, NODES.root(size))), SIGNER)


@cache
def files(index: int, size: int, old: int) -> Files:
    """Of the entry at ``index`` in a tree of ``size``, which continues one of ``old``."""
    proof = TlogProof(index, tuple(inclusion_proof(index, size, NODES)), note_of(size))
    continuation = Continuation(old, tuple(consistency_proof(old, size, NODES)), note_of(size))
    return Files(
        proof=proof_text(proof).encode(),
        entry=ENTRIES[index],
        earlier=note_of(old).encode(),
        consistency=continuation_text(continuation).encode(),
    )


@cache
def verifier() -> ModuleType:
    """The file as a module, so that thousands of checks are cheap."""
    spec = importlib.util.spec_from_file_location("verify_proof", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["verify_proof"] = module
    spec.loader.exec_module(module)
    return module
