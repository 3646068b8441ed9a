"""The keys of a ledger that changed hands, as the API gives them and an auditor uses them."""

from __future__ import annotations

from pathlib import Path

from products.domain.ledger_keys import verified_keys
from tests.api.clients import client_of, made
from tests.sealing import OTHER, SIGNER, checkpoint, rotate
from tests.tools.ledgers import Files
from tests.tools.test_verify_proof import run


def test_an_auditor_follows_the_ledger_from_key_to_key(committed_db: str, tmp_path: Path) -> None:
    auditor = client_of("auditor")
    kept = checkpoint(SIGNER)
    rotate(SIGNER, OTHER)
    entry = made(auditor.get("audit/", {"action": "ledger.register_key"}))["results"][0]
    latest = made(auditor.get("checkpoints/latest/"))

    keys = made(auditor.get("ledger-keys/"))["results"]
    last = f"checkpoints/{latest['number']}/consistency/file/"
    files = Files(
        proof=auditor.get(entry["proof"]).content,
        entry=auditor.get(entry["content"]).content,
        earlier=kept.note.encode(),
        consistency=auditor.get(last, {"old_size": str(kept.size)}).content,
    )

    assert latest["key"] == 2
    assert verified_keys([(key["vkey"], key["announcement"]) for key in keys]) == (
        SIGNER.verifier,
        OTHER.verifier,
    )
    announced = made(auditor.get(f"audit/{entry['id']}/"))["after"]
    assert announced["announcement"] == keys[1]["announcement"]
    assert run(tmp_path, files, vkeys=(SIGNER.vkey, OTHER.vkey)).returncode == 0
    assert run(tmp_path, files, vkeys=(SIGNER.vkey,)).returncode == 1
