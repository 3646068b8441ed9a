"""Evidence files are told by their content; a name decides nothing."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.errors import InvalidValueError
from products.domain.evidence import (
    ARCHIVE,
    DOCX,
    JPEG,
    LARGEST,
    LONGEST_NAME,
    MEDIA_TYPES,
    PDF,
    PNG,
    TEXT,
    TIFF,
    XLSX,
    media_type_of,
    printable_file_name,
)

PDF_FILE = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        for name in names:
            file.writestr(name, "<part/>")
    return content.getvalue()


XLSX_FILE = archive("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
DOCX_FILE = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF_FILE, PDF),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", PNG),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", JPEG),
        (b"II*\x00\x08\x00\x00\x00", TIFF),
        (b"MM\x00*\x00\x00\x00\x08", TIFF),
        (XLSX_FILE, XLSX),
        (DOCX_FILE, DOCX),
        (b"well,count\r\nA1,12\r\n", TEXT),
        ("\ufeffGröße\t1,5 µm\n\f".encode(), TEXT),
    ],
)
def test_a_file_is_what_its_content_shows(content: bytes, media_type: str) -> None:
    assert media_type_of("scan.exe", content) == media_type
    assert media_type in MEDIA_TYPES


@pytest.mark.parametrize(
    "content",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><x/>',
        b"#!/bin/sh\n",
    ],
)
def test_what_could_script_is_plain_text(content: bytes) -> None:
    assert media_type_of("page.html", content) == TEXT


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "report.pdf is empty"),
        (b"MZ\x90\x00\x03", "is of a type that is not accepted"),
        (b"text\x00with a zero byte", "is of a type that is not accepted"),
        ("Größe".encode("latin-1"), "is of a type that is not accepted"),
        ("Größe".encode("utf-16"), "is of a type that is not accepted"),
        ("\x85".encode(), "is of a type that is not accepted"),
        (b"GIF89a\x01\x00", "is of a type that is not accepted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an old office program"),
        (archive("a.txt"), "is an archive"),
        (archive("word/document.xml"), "is an archive"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "is an archive"),
        (archive("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "carries macros"),
        (XLSX_FILE[:-30], "is a damaged archive"),
        (PDF_FILE.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 9 0 R"), "by a password"),
        (PDF_FILE.replace(b"/Root 1 0 R", b"/Encrypt<</Filter/Standard>>"), "by a password"),
    ],
)
def test_what_cannot_be_kept_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InvalidValueError, match=said) as refused:
        media_type_of("report.pdf", content)

    assert (refused.value.code, refused.value.field) == ("evidence_type_refused", "content")


def test_an_archive_whose_parts_are_encrypted_is_refused() -> None:
    content = bytearray(XLSX_FILE)
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 0x1  # the flags of the first entry in the table of contents

    with pytest.raises(InvalidValueError, match="is protected by a password"):
        media_type_of("report.xlsx", bytes(content))


@pytest.mark.parametrize(
    ("offset", "value"),
    [(6, b"\xff"), (8, b"\x00\x08"), (42, b"\xff\xff\xff\x7f"), (46, b"\xff")],
    ids=["version", "name in UTF-8", "place of the entry", "name"],
)
def test_an_archive_with_a_broken_table_of_contents_is_refused(offset: int, value: bytes) -> None:
    content = bytearray(XLSX_FILE)
    at = content.index(b"PK\x01\x02")
    content[at + 46] = 0xFF  # the first letter of the name, no UTF-8
    content[at + offset : at + offset + len(value)] = value

    with pytest.raises(InvalidValueError) as refused:
        media_type_of("report.xlsx", bytes(content))

    assert refused.value.code == "evidence_type_refused"


def test_a_file_of_the_largest_size_is_taken() -> None:
    assert media_type_of("log.txt", b"a" * LARGEST) == TEXT


def test_a_larger_file_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="26,214,401 bytes") as refused:
        media_type_of("log.txt", b"a" * (LARGEST + 1))

    assert refused.value.code == "too_large"


@given(st.binary(max_size=200), st.sampled_from([b"", ARCHIVE, XLSX_FILE, PDF_FILE]))
def test_no_content_does_anything_but_be_taken_or_refused(tail: bytes, head: bytes) -> None:
    try:
        taken = media_type_of("file", head + tail)
    except InvalidValueError as error:
        taken = error.code

    assert taken in {*MEDIA_TYPES, "evidence_type_refused"}


@given(st.integers(0, len(XLSX_FILE) - 1), st.integers(0, 255))
def test_no_damage_to_an_archive_goes_unexplained(at: int, byte: int) -> None:
    content = bytearray(XLSX_FILE)
    content[at] = byte

    try:
        taken = media_type_of("file", bytes(content))
    except InvalidValueError as error:
        taken = error.code

    assert taken in {XLSX, "evidence_type_refused"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("scan.pdf", "scan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\report.pdf", "report.pdf"),
        ("a\x00b\r\nc\x1b[31m.txt", "abc[31m.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  Größe 1.csv ", "Größe 1.csv"),
        ("Gro\u0308ße.csv", "Größe.csv"),
        (".hidden", ".hidden"),
        ("x" * 300 + ".pdf", "x" * (LONGEST_NAME - 4) + ".pdf"),
        ("x" * 300, "x" * LONGEST_NAME),
        ("x." + "y" * 300, ("x." + "y" * 300)[:LONGEST_NAME]),
    ],
)
def test_a_file_keeps_the_printable_end_of_its_path(name: str, kept: str) -> None:
    assert printable_file_name(name) == kept


@pytest.mark.parametrize("name", ["", "  ", "a/", "..", "\x00", "/"])
def test_a_file_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="has no name"):
        printable_file_name(name)


@given(st.text())
def test_whatever_is_typed_the_name_is_one_printable_line(name: str) -> None:
    try:
        kept = printable_file_name(name)
    except InvalidValueError:
        return

    assert kept.isprintable()
    assert "/" not in kept
    assert 0 < len(kept) <= LONGEST_NAME
