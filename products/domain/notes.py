"""Signed notes and checkpoints: c2sp.org/signed-note and c2sp.org/tlog-checkpoint, with Ed25519.

What these functions accept has one spelling: other bytes that would mean the same are refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from products.domain.errors import NoteError
from products.domain.spelling import from_base64, parse_hash, parse_number, to_base64

ED25519 = b"\x01"
KEY_BYTES = 32
KEY_ID_BYTES = 4
MOST_BYTES = 1_000_000
MOST_SIGNATURES = 100
SIGNATURE_MARK = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key under its name."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise NoteError(f"The key of {self.name} does not have {KEY_BYTES} bytes.")

    @property
    def key_id(self) -> bytes:
        """Four bytes; with the name they say which key signed."""
        content = self.name.encode() + b"\n" + ED25519 + self.public_key
        return hashlib.sha256(content).digest()[:KEY_ID_BYTES]

    @property
    def vkey(self) -> str:
        """The key as it is handed out: ``name+key id+base64``."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(ED25519 + self.public_key)}"

    def accepts(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key under its name; ``seed`` is secret."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise NoteError(f"The private key of {self.name} does not have {KEY_BYTES} bytes.")

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self._key().public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        return self.verifier.key_id

    @property
    def vkey(self) -> str:
        return self.verifier.vkey

    def sign(self, text: str) -> bytes:
        return self._key().sign(text.encode())

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a tree: ``root`` over its first ``size`` leaves. ``extensions`` are opaque."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


def make_signer(name: str, seed: bytes) -> Signer:
    """The key of 32 random bytes.

    Raises:
        NoteError: a name that no note can carry, or a seed of another length.
    """
    return Signer(name, seed)


def parse_vkey(vkey: str) -> Verifier:
    """The key that ``vkey`` hands out.

    Raises:
        NoteError: no Ed25519 key, or its id is not the one of this name and key.
    """
    name, _, rest = vkey.partition("+")
    _, _, encoded = rest.partition("+")
    content = from_base64(encoded)
    if content[:1] != ED25519:
        raise NoteError("The public key is not an Ed25519 key.")
    verifier = Verifier(name, content[1:])
    if verifier.vkey != vkey:
        raise NoteError(f"The key id of {name} does not belong to this name and key.")
    return verifier


def sign_note(text: str, signer: Signer) -> str:
    """The note that says ``text``, with one signature.

    Raises:
        NoteError: ``text`` does not end in a newline or holds characters that a note may not.
    """
    if not text.endswith("\n"):
        raise NoteError("The text of a note has to end in a newline.")
    _check_characters(text)
    signature = to_base64(signer.key_id + signer.sign(text))
    return f"{text}\n{SIGNATURE_MARK}{signer.name} {signature}\n"


def open_note(note: str, verifiers: Iterable[Verifier]) -> str:
    """The text of a note that at least one of ``verifiers`` signed.

    Signatures of other keys are passed over, as the format asks.

    Raises:
        NoteError: no known key signed it, a signature of a known key is wrong or given twice, or
            the note is not written as the format says.
    """
    return _open(note, verifiers)[0]


def open_checkpoint(note: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint in a note, signed by a key that has the name of its log.

    Raises:
        NoteError: as `open_note` and `parse_checkpoint`, or no key of the log signed.
    """
    text, signed_by = _open(note, verifiers)
    checkpoint = parse_checkpoint(text)
    if checkpoint.origin not in {verifier.name for verifier in signed_by}:
        raise NoteError(f"No key of {checkpoint.origin} signed the checkpoint.")
    return checkpoint


def signers_named(note: str) -> list[tuple[str, bytes]]:
    """Name and key id of each signature, of which none has been checked.

    Raises:
        NoteError: the note is not written as the format says.
    """
    return [(name, key_id) for name, key_id, _ in _parts(note)[1]]


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The text to sign.

    Raises:
        NoteError: a value that a checkpoint cannot carry.
    """
    lines = (
        checkpoint.origin,
        str(checkpoint.size),
        to_base64(checkpoint.root),
        *checkpoint.extensions,
    )
    text = "".join(f"{line}\n" for line in lines)
    if parse_checkpoint(text) != checkpoint:
        raise NoteError("The checkpoint holds a line break.")
    return text


def parse_checkpoint(text: str) -> Checkpoint:
    """What a checkpoint says.

    Raises:
        NoteError: the text is not written as a checkpoint is.
    """
    _check_characters(text)
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() != "" or "" in lines:  # noqa: PLR2004  # lines and the end
        raise NoteError("A checkpoint has at least three lines, none empty, each with its newline.")
    origin, size, root, *extensions = lines
    return Checkpoint(origin, parse_number(size), parse_hash(root), tuple(extensions))


def _parts(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text of a note, and name, key id and signature of each of its lines."""
    _check_characters(note)
    head, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise NoteError("The note has no signatures after a blank line.")
    lines = signatures[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteError(f"The note has more than {MOST_SIGNATURES} signatures.")
    return f"{head}\n", [_signature(line) for line in lines]


def _open(note: str, verifiers: Iterable[Verifier]) -> tuple[str, list[Verifier]]:
    text, signatures = _parts(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed_by: list[Verifier] = []
    for name, key_id, signature in signatures:
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        if verifier in signed_by:
            raise NoteError(f"The note holds two signatures of {name}.")
        if not verifier.accepts(text, signature):
            raise NoteError(f"The signature of {name} is not of this text.")
        signed_by.append(verifier)
    if not signed_by:
        raise NoteError("No known key signed the note.")
    return text, signed_by


def _signature(line: str) -> tuple[str, bytes, bytes]:
    """Name, key id and signature of a line."""
    if not line.startswith(SIGNATURE_MARK):
        raise NoteError("A signature line has to begin with a dash and a space.")
    name, _, encoded = line.removeprefix(SIGNATURE_MARK).partition(" ")
    _check_name(name)
    content = from_base64(encoded)
    if len(content) <= KEY_ID_BYTES:
        raise NoteError(f"The signature of {name} is too short.")
    return name, content[:KEY_ID_BYTES], content[KEY_ID_BYTES:]


def _check_name(name: str) -> None:
    _check_characters(name)
    if not name or "+" in name or any(character.isspace() for character in name):
        raise NoteError("The name of a key has to be there, without spaces and plus signs.")


def _check_characters(text: str) -> None:
    try:
        length = len(text.encode())
    except UnicodeEncodeError as error:
        raise NoteError("A note has to be UTF-8.") from error
    if length > MOST_BYTES:
        raise NoteError(f"A note may not have more than {MOST_BYTES} bytes.")
    if any(character < " " and character != "\n" for character in text):
        raise NoteError("A note may not hold control characters.")
