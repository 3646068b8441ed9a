"""Small files as evidence, made here: they say in themselves that they are demo data."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from products.actions.evidence import attach_evidence
from products.demo.house import House
from products.demo.laboratory import DemoLot

HEADING = "DEMO DATA - no real donor, lot or result"


def attach_to_run(
    lot: DemoLot, run: str, name: str, *lines: str, at: datetime, account: str = "analyst"
) -> UUID:
    """``name`` ends in .pdf or .txt; the file says ``lines``. Returns its id."""
    return _attach(lot.house, "run", run, name, lines, at, account)


def attach_to_lot(lot: DemoLot, name: str, *lines: str, at: datetime) -> UUID:
    """As `attach_to_run`."""
    return _attach(lot.house, "lot", lot.number, name, lines, at, "analyst")


def _attach(  # noqa: PLR0917  # the two above say what is what
    house: House,
    kind: str,
    key: str,
    name: str,
    lines: tuple[str, ...],
    at: datetime,
    account: str,
) -> UUID:
    make = pdf_of if name.endswith(".pdf") else text_of
    attached = attach_evidence(
        house.context(account, at), kind=kind, key=key, name=name, content=make(HEADING, *lines)
    )
    return attached.pk


def text_of(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def pdf_of(*lines: str) -> bytes:
    """One page of Latin-1 text."""
    shown = " ".join(f"({_escaped(line)}) Tj T*" for line in lines)
    drawn = f"BT /F1 11 Tf 16 TL 72 760 Td {shown} ET".encode("latin-1")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    content, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    return (
        content
        + b"xref\n0 %d\n" % count
        + table
        + b"trailer\n<< /Size %d /Root 1 0 R >>\n" % count
        + b"startxref\n%d\n%%%%EOF\n" % len(content)
    )


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
