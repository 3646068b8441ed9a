"""Ten thousand altered files: refused by the product and by the verifier that auditors have."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidSignature

from products.domain.errors import NoteError, ProofError
from products.domain.merkle import node_hash
from products.domain.notes import Checkpoint, checkpoint_text, open_checkpoint, sign_note
from products.domain.spelling import to_base64
from products.domain.tlog import check_continuation, check_proof, parse_proof
from tests.domain.test_merkle import ENTRIES, NODES
from tests.sealing import OTHER, SIGNER
from tests.tools.ledgers import Files, files, note_of, verifier

Rng = random.Random
Mutation = Callable[[Files, Rng], Files]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
TOTAL = 10_000


def flipped(content: bytes, rng: Rng) -> bytes:
    at = rng.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]


def hashes_of(text: bytes) -> tuple[bytes, list[bytes], bytes]:
    """First lines, hashes, and the blank line with the checkpoint."""
    head, _, note = text.partition(b"\n\n")
    lines = head.split(b"\n")
    first = 2 if lines[0].startswith(b"c2sp") else 1
    return b"\n".join(lines[:first]), lines[first:], b"\n\n" + note


def with_hashes(text: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    first, hashes, rest = hashes_of(text)
    return b"\n".join([first, *change(hashes)]) + rest


def signed_again(text: bytes, change: Callable[[str], str]) -> bytes:
    """The file with its checkpoint changed, and signed by the ledger's own key all the same."""
    head, _, note = text.decode().partition("\n\n")
    says = note.rpartition("\n\n")[0] + "\n"
    signed = change(says)
    # Put together here: the product signs nothing that is not well written.
    signature = to_base64(SIGNER.key_id + SIGNER.sign(signed))
    return f"{head}\n\n{signed}\n\N{EM DASH} {SIGNER.name} {signature}\n".encode()


def noncanonical(encoded: str) -> str:
    """The same bytes in base64 of another spelling: the bits that nobody reads are set."""
    end = encoded.index("=")
    last = ALPHABET[ALPHABET.index(encoded[end - 1]) | 1]
    return encoded[: end - 1] + last + encoded[end:]


def any_hash(rng: Rng, change: Callable[[bytes], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    def changed(hashes: list[bytes]) -> list[bytes]:
        at = rng.randrange(len(hashes))
        return [change(each) if place == at else each for place, each in enumerate(hashes)]

    return changed


def random_hash(rng: Rng) -> bytes:
    return base64.b64encode(rng.randbytes(32))


def swapped(hashes: list[bytes], rng: Rng) -> list[bytes]:
    order = list(range(len(hashes)))
    rng.shuffle(order)
    return [hashes[place] for place in order]


def moved(hashes: list[bytes], rng: Rng) -> list[bytes]:
    """A byte of the first two goes over: hashed one after the other, they are the same bytes."""
    first, second, *rest = [*map(base64.b64decode, hashes), b"", b""][: max(2, len(hashes))]
    first, second = rng.choice(
        [(second[-1:] + first, second[:-1]), (first[1:], second + first[:1])]
    )
    return [base64.b64encode(each) for each in (first, second, *rest)]


def recoded(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda each: base64.b64encode(change(base64.b64decode(each)))


def signature_changed(text: bytes, change: Callable[[bytes], bytes]) -> bytes:
    head, _, encoded = text[:-1].rpartition(b" ")
    return head + b" " + base64.b64encode(change(base64.b64decode(encoded))) + b"\n"


def inner_node_as_entry(given: Files, rng: Rng) -> Files:
    """A leaf and its sibling offered as one entry, a level higher up (RFC 6962 has prefixes)."""
    proof = parse_proof(given.proof.decode())
    sides = (verifier().hashlib.sha256(b"\0" + given.entry).digest(), proof.hashes[0])
    entry = b"".join(sides if not proof.index & 1 else reversed(sides))
    assert len(node_hash(*sides)) == 32
    shorter = with_hashes(given.proof, lambda hashes: hashes[1:])
    index = f"index {proof.index >> 1}".encode()
    return replace(given, entry=entry, proof=re.sub(rb"index \d+", index, shorter))


def of_proof(change: Callable[[bytes, Rng], bytes]) -> Mutation:
    return lambda given, rng: replace(given, proof=change(given.proof, rng))


def of_consistency(change: Callable[[bytes, Rng], bytes]) -> Mutation:
    return lambda given, rng: replace(given, consistency=change(given.consistency, rng))


def of_both(name: str, change: Callable[[bytes, Rng], bytes]) -> dict[str, Mutation]:
    return {
        f"{name} (inclusion)": of_proof(change),
        f"{name} (consistency)": of_consistency(change),
    }


def line(at: int, change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        lines = text.split("\n")
        lines[at] = change(lines[at])
        return "\n".join(lines)

    return changed


def other_size(text: str, rng: Rng) -> str:
    return line(1, lambda size: str((int(size) + rng.randrange(1, 40)) % 65))(text)


KINDS: dict[str, Mutation] = {
    **of_both("any bit of the file", flipped),
    **of_both(
        "a hash is another", lambda t, r: with_hashes(t, any_hash(r, lambda _: random_hash(r)))
    ),
    **of_both("a hash is missing", lambda t, r: with_hashes(t, lambda h: r.sample(h, len(h) - 1))),
    **of_both("a hash too many", lambda t, r: with_hashes(t, lambda h: [*h, random_hash(r)])),
    **of_both("a hash twice", lambda t, r: with_hashes(t, lambda h: [*h[:1], *h])),
    **of_both("hashes in another order", lambda t, r: with_hashes(t, lambda h: swapped(h, r))),
    **of_both(
        "a hash a byte short or long",
        lambda t, r: with_hashes(
            t, any_hash(r, recoded(lambda c: r.choice([c[:-1], c + b"\0", c[1:]])))
        ),
    ),
    **of_both(
        "base64 of another spelling",
        lambda t, r: with_hashes(t, any_hash(r, lambda c: noncanonical(c.decode()).encode())),
    ),
    **of_both(
        "base64 without padding or with blanks",
        lambda t, r: with_hashes(
            t, any_hash(r, lambda c: r.choice([c[:-1], c + b"=", c + b" ", b" " + c, c + b"\t"]))
        ),
    ),
    **of_both(
        "bytes after the end", lambda t, r: t + r.choice([b"\n", b" ", b"x", b"\0", b"\n\n"])
    ),
    **of_both(
        "bytes before the beginning", lambda t, r: r.choice([b"\n", b" ", b"\xef\xbb\xbf"]) + t
    ),
    **of_both("cut off", lambda t, r: t[: r.randrange(len(t))]),
    **of_both(
        "line ends of another system", lambda t, r: t.replace(b"\n", b"\r\n", r.randrange(1, 9))
    ),
    **of_both(
        "a number with a leading zero, sign or blank",
        lambda t, r: re.sub(
            rb"(index|old) ", lambda m: m[0] + r.choice([b"0", b"+", b" ", b"-", b"0x"]), t, count=1
        ),
    ),
    **of_both(
        "another index or old size",
        lambda t, r: re.sub(
            rb"(index|old) (\d+)",
            lambda m: m[1] + b" %d" % (int(m[2]) + r.choice([-1, 1, 2, 64, 2**40])),
            t,
            count=1,
        ),
    ),
    **of_both("no signature", lambda t, r: t.rpartition("\N{EM DASH}".encode())[0]),
    **of_both(
        "another signature", lambda t, r: signature_changed(t, lambda c: c[:4] + flipped(c[4:], r))
    ),
    **of_both(
        "another key id", lambda t, r: signature_changed(t, lambda c: flipped(c[:4], r) + c[4:])
    ),
    **of_both("a signature twice", lambda t, r: t + t[t.rindex("\N{EM DASH}".encode()) :]),
    **of_both(
        "signed by another key of the same name",
        lambda t, r: signature_changed(
            t,
            lambda c: (
                r.choice([OTHER.key_id, SIGNER.key_id])
                + OTHER.sign(t.decode().partition("\n\n")[2].rpartition("\n\n")[0] + "\n")
            ),
        ),
    ),
    **of_both("signed, of another size", lambda t, r: signed_again(t, lambda s: other_size(s, r))),
    **of_both(
        "signed, with a root of another tree",
        lambda t, r: signed_again(t, line(2, lambda _: to_base64(NODES.root(r.randrange(1, 65))))),
    ),
    **of_both(
        "signed, size with a leading zero", lambda t, r: signed_again(t, line(1, lambda s: f"0{s}"))
    ),
    **of_both(
        "signed, root in another spelling", lambda t, r: signed_again(t, line(2, noncanonical))
    ),
    **of_both(
        "signed, of another log",
        lambda t, r: signed_again(t, line(0, lambda s: f"{s}{r.randrange(10)}")),
    ),
    **of_both("signed, without a root", lambda t, r: signed_again(t, line(2, lambda _: ""))),
    **of_both(
        "signed, with a control character",
        lambda t, r: signed_again(t, lambda s: f"{s}a{chr(r.choice([0, 9, 11, 13, 27, 31]))}b\n"),
    ),
    "bytes moved to the neighbour": of_consistency(
        lambda t, r: with_hashes(t, lambda h: moved(h, r))
    ),
    "another entry": lambda g, r: replace(g, entry=r.choice([e for e in ENTRIES if e != g.entry])),
    "any bit of the entry": lambda g, r: replace(g, entry=flipped(g.entry, r)),
    "an inner node as entry": inner_node_as_entry,
    "any bit of the earlier checkpoint": lambda g, r: replace(g, earlier=flipped(g.earlier, r)),
    "an earlier checkpoint of another size": lambda g, r: replace(
        g, earlier=note_of(r.randrange(1, 65)).encode()
    ),
    "an earlier checkpoint of a fork": lambda g, r: replace(g, earlier=fork_of(g.earlier, r)),
    "a proof of equal sizes that is not empty": lambda g, r: replace(
        g, earlier=g.consistency.partition(b"\n\n")[2], consistency=grown(g.consistency, r)
    ),
}


FALSELY_SIGNED = {"signed, of another size (inclusion)"}


def fork_of(earlier: bytes, rng: Rng) -> bytes:
    head = open_checkpoint(earlier.decode(), [SIGNER.verifier])
    forked = Checkpoint(head.origin, head.size, rng.randbytes(32))
    return sign_note(checkpoint_text(forked), SIGNER).encode()


def grown(consistency: bytes, rng: Rng) -> bytes:
    """Of the checkpoint to itself, with a hash all the same."""
    note = consistency.partition(b"\n\n")[2]
    size = open_checkpoint(note.decode(), [SIGNER.verifier]).size
    return b"old %d\n%s\n\n%s" % (size, rng.choice([random_hash(rng), note.split(b"\n")[2]]), note)


def ours(given: Files, *, alone: bool = False) -> None:
    """As the product checks: the entry ``alone``, or that the tree continues a smaller one too."""
    known = [SIGNER.verifier]
    now = check_proof(given.proof.decode(), given.entry, known)
    if alone:
        return
    continued = check_continuation(given.consistency.decode(), given.earlier.decode(), known)
    if continued != now:
        raise ProofError("Another checkpoint.")


def theirs(given: Files, *, alone: bool = False) -> None:
    """As the auditors' verifier checks."""
    program = verifier()
    keys = program.keys_from([SIGNER.vkey])
    now = program.check_inclusion(given.proof, given.entry, keys)
    if alone:
        return
    program.check_continues(given.earlier, given.consistency, now, keys)


def good_files(rng: Rng) -> Files:
    """Of a tree of up to 64 entries, with hashes in both proofs."""
    while True:
        size = rng.randrange(4, 65)
        given = files(rng.randrange(size), size, rng.randrange(1, size))
        if hashes_of(given.consistency)[1]:
            return given


@pytest.mark.parametrize("kind", KINDS)
def test_every_altered_file_is_refused(kind: str) -> None:
    rng = random.Random(kind)  # noqa: S311  # the same files every time
    # That the ledger's own key signed a false size or root shows only beside another checkpoint.
    alone = kind.endswith("(inclusion)") and kind not in FALSELY_SIGNED
    refused = 0

    while refused < TOTAL // len(KINDS) + 1:
        good = good_files(rng)
        altered = KINDS[kind](good, rng)
        if altered == good:
            continue
        with pytest.raises((NoteError, ProofError, UnicodeDecodeError)):
            ours(altered, alone=alone)
        with pytest.raises((ValueError, InvalidSignature)):
            theirs(altered, alone=alone)
        refused += 1


def test_ten_thousand_of_many_kinds_are_altered() -> None:
    assert len(KINDS) * (TOTAL // len(KINDS) + 1) >= TOTAL
    assert len(KINDS) >= 24


def test_the_files_that_are_altered_are_good_before() -> None:
    rng = random.Random(1)  # noqa: S311  # the same files every time

    for _ in range(300):
        given = good_files(rng)
        ours(given)
        theirs(given)


@pytest.mark.parametrize("size", range(1, 65))
def test_the_verifier_accepts_every_good_proof_of_every_tree(size: int) -> None:
    for old in range(1, size + 1):
        given = files(old - 1, size, old)
        theirs(given)
