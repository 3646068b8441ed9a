#!/usr/bin/env python3
"""Check, without the system that made it, that an audit entry is in the ledger.

PROOF is a c2sp.org/tlog-proof@v1 file, ENTRY the entry's bytes as they came, VKEY a public key that
you trust. CHECKPOINT is one that you kept from before, CONSISTENCY shows that the tree of the proof
continues it (as in c2sp.org/tlog-witness). Exit 0: all holds; 1: not. Needs `cryptography` only.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Keys = dict[tuple[str, bytes], bytes]  # name and key id -> key
Head = tuple[int, bytes, str]  # size, root, and what else was signed: when it was sealed


def need(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def text_of(content: bytes) -> str:
    need(len(content) <= 1_000_000, "a file is larger than 1 MB")
    text = content.decode()
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", text), "a file holds control characters")
    return text


def from_base64(text: str, size: int = 0) -> bytes:
    content = base64.b64decode(text, validate=True)
    need(size in {0, len(content)}, f"a hash or key does not have {size} bytes")
    need(base64.b64encode(content).decode() == text, "base64 that is not written in its one way")
    return content


def number_from(text: str) -> int:
    need(re.fullmatch("0|[1-9][0-9]{0,17}", text), "a number is not written without leading zeros")
    return int(text)


def keys_from(vkeys: list[str]) -> Keys:
    keys: Keys = {}
    for vkey in vkeys:
        parts = re.findall(r"\A([^+\s]+)\+([0-9a-f]{8})\+(\S+)\Z", vkey)
        need(parts, "a public key is not written as name+id+key")
        name, stated, content = parts[0][0], parts[0][1], from_base64(parts[0][2], 33)
        need(content[0] == 1, "a public key is not an Ed25519 key")
        key_id = hashlib.sha256(name.encode() + b"\n" + content).digest()[:4]
        need(stated == key_id.hex(), "the id of a public key is not of this name and key")
        keys[name, key_id] = content[1:]
    return keys


def open_checkpoint(note: str, keys: Keys) -> Head:
    """What a known key of the log signed: nothing else says how large the tree is."""
    head, blank, tail = note.rpartition("\n\n")
    need(blank and tail.endswith("\n"), "a checkpoint has no signatures after a blank line")
    lines, signed_by = tail[:-1].split("\n"), []
    for line in lines:
        parts = re.findall("\\A\N{EM DASH} ([^+\\s]+) (\\S+)\\Z", line)
        need(parts, "a signature line is not written as one")
        name, content = parts[0][0], from_base64(parts[0][1])
        need(len(content) > 4, "a signature is too short")
        if (name, content[:4]) in keys:
            need((name, content[:4]) not in signed_by, "a checkpoint holds a signature twice")
            key = Ed25519PublicKey.from_public_bytes(keys[name, content[:4]])
            key.verify(content[4:], f"{head}\n".encode())
            signed_by.append((name, content[:4]))
    origin, *rest = head.split("\n")
    need(len(rest) >= 2 and origin and "" not in rest, "a checkpoint lacks a line")
    need(origin in [name for name, _ in signed_by], "no known key of the log signed a checkpoint")
    return number_from(rest[0]), from_base64(rest[1], 32), "".join(f", {line}" for line in rest[2:])


def climb(place: int, last: int, start: bytes, hashes: list[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162, 2.1.3.2 and 2.1.4.2: the roots of the tree that ends here, and of the whole."""
    old = new = start
    for each in hashes:
        need(last > 0, "a proof is longer than the way to the root")
        if place & 1 or place == last:
            old, new = (hashlib.sha256(b"\x01" + each + side).digest() for side in (old, new))
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = hashlib.sha256(b"\x01" + new + each).digest()
        place, last = place >> 1, last >> 1
    need(last == 0, "a proof is shorter than the way to the root")
    return old, new


def check_inclusion(proof: bytes, entry: bytes, keys: Keys) -> Head:
    """The signed head of the tree that holds the entry, whose bytes are hashed here."""
    head, blank, note = text_of(proof).partition("\n\n")
    header, *lines = head.split("\n")
    need(blank and header == "c2sp.org/tlog-proof@v1", "the proof is no tlog-proof@v1 file")
    if lines and lines[0].startswith("extra "):
        from_base64(lines.pop(0).removeprefix("extra "))
    need(lines and lines[0].startswith("index "), "the proof names no index")
    index = number_from(lines.pop(0).removeprefix("index "))
    hashes = [from_base64(each, 32) for each in lines]
    found = open_checkpoint(note, keys)
    need(index < found[0], f"a tree of {found[0]} entries has no index {index}")
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    need(climb(index, found[0] - 1, leaf, hashes)[1] == found[1], "the entry is not in the tree")
    return found


def check_continues(earlier: bytes, consistency: bytes, now: Head, keys: Keys) -> None:
    size, root, _ = open_checkpoint(text_of(earlier), keys)
    head, _, note = text_of(consistency).partition("\n\n")
    first, *lines = head.split("\n")
    hashes = [from_base64(each, 32) for each in lines]
    need(first == f"old {size}", "the consistency proof begins at another size than yours")
    need(open_checkpoint(note, keys) == now, "the consistency proof leads to another checkpoint")
    need(0 < size <= now[0], "your checkpoint is empty, or of a larger tree")
    if size == now[0]:
        need(not hashes and root == now[1], "equal sizes want an empty proof and the same root")
        return
    place, last = size - 1, now[0] - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    hashes = hashes if place else [root, *hashes]
    roots = climb(place, last, hashes[0], hashes[1:]) if hashes else ()
    need(roots == (root, now[1]), "the ledger does not continue your checkpoint")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Check offline that an entry is in the ledger.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("entry", type=Path)
    parser.add_argument("--vkey", action="append", required=True)
    parser.add_argument("--continues", nargs=2, type=Path, metavar=("CHECKPOINT", "CONSISTENCY"))
    asked = parser.parse_args()
    try:
        known = keys_from(asked.vkey)
        found = check_inclusion(asked.proof.read_bytes(), asked.entry.read_bytes(), known)
        if asked.continues:
            earlier, consistency = (path.read_bytes() for path in asked.continues)
            check_continues(earlier, consistency, found, known)
    except (ValueError, OSError, InvalidSignature) as error:
        sys.exit(f"REFUSED: {str(error) or 'a signature is not of its text'}")
    sys.stdout.write(f"The entry is in the ledger, in a tree of {found[0]} entries{found[2]}.\n")
