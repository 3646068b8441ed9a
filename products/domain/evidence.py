"""Evidence files: which are taken, told by their content and never by their name.

The list is closed. Every member can be read decades from now without the program that wrote it.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile

from products.domain.errors import InvalidValueError

LARGEST = 25 * 1024 * 1024
LONGEST_NAME = 200

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
TEXT = "text/plain"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEDIA_TYPES = (PDF, PNG, JPEG, TIFF, TEXT, XLSX, DOCX)
"""Text of every kind is plain text: a page or a drawing that scripts is never served as one."""

SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also the envelope of an encrypted new one
ARCHIVE = b"PK\x03\x04"
MAIN_PARTS = (("xl/workbook.xml", XLSX), ("word/document.xml", DOCX))
ENCRYPTED_ENTRY = 0x1
PDF_ENCRYPTION = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def media_type_of(name: str, content: bytes) -> str:
    """One of `MEDIA_TYPES`, as ``content`` shows it; ``name`` only appears in a refusal.

    Raises:
        InvalidValueError: it is empty, larger than `LARGEST`, of no accepted type, or protected by
            a password.
    """
    shown = printable_file_name(name)
    if not content:
        raise _refused(shown, "is empty")
    if len(content) > LARGEST:
        raise InvalidValueError(
            f"{shown} has {len(content):,} bytes; an evidence file has at most {LARGEST:,}.",
            code="too_large",
            field="content",
        )
    for signature, media_type in SIGNATURES:
        if content.startswith(signature):
            if media_type == PDF and PDF_ENCRYPTION.search(content):
                raise _protected(shown)
            return media_type
    if content.startswith(ARCHIVE):
        return _office_type(shown, content)
    if content.startswith(OLD_OFFICE):
        raise _refused(
            shown,
            "is a file of an old office program, or one that is protected by a password. Save it "
            "as XLSX, DOCX or PDF without a password",
        )
    return _text_type(shown, content)


def printable_file_name(name: str) -> str:
    """The last part of a path, without characters that do not print, of at most 200 characters.

    Raises:
        InvalidValueError: nothing is left that names a file.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    printable = "".join(char for char in last if char.isprintable()).strip(" ")
    if not printable.strip("."):
        raise InvalidValueError("The file has no name.", field="name")
    if len(printable) <= LONGEST_NAME:
        return printable
    stem, dot, ending = printable.rpartition(".")
    kept = LONGEST_NAME - len(dot + ending)
    return stem[:kept] + dot + ending if stem and kept > 0 else printable[:LONGEST_NAME]


def _office_type(shown: str, content: bytes) -> str:
    """XLSX or DOCX; only the archive's table of contents is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    # Beside its own error the parser lets through those of an unknown version (NotImplementedError)
    # and of names and offsets that cannot be (ValueError, in early 3.11 also OverflowError).
    except (zipfile.BadZipFile, NotImplementedError, OverflowError, ValueError):
        raise _refused(shown, "is a damaged archive") from None
    if any(entry.flag_bits & ENCRYPTED_ENTRY for entry in entries):
        raise _protected(shown)
    names = {entry.filename for entry in entries}
    if any(name.endswith("vbaProject.bin") for name in names):
        raise _refused(shown, "carries macros. Save it without them")
    for part, media_type in MAIN_PARTS:
        if part in names and "[Content_Types].xml" in names:
            return media_type
    raise _refused(shown, "is an archive. Attach its files one by one")


def _text_type(shown: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = "\x00"
    if NOT_IN_TEXT.search(text):
        raise _refused(shown, "is of a type that is not accepted")
    return TEXT


def _protected(shown: str) -> InvalidValueError:
    return _refused(
        shown, "is protected by a password or restricted in its use. Attach one that is open to all"
    )


def _refused(shown: str, why: str) -> InvalidValueError:
    return InvalidValueError(
        f"{shown} {why}. Accepted are PDF, PNG, JPEG, TIFF, XLSX, DOCX and plain text in UTF-8, "
        "CSV included.",
        code="evidence_type_refused",
        field="content",
    )
