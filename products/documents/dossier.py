"""What a person sees of a lot's dossier: a page, a note on what lies where, and the sums.

The page stands alone: no script, nothing from elsewhere, every text escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

STYLE = """
:root { background: #fff; color: #1c1e21; color-scheme: light dark; }
a { color: #1a4fb4; }
@media (prefers-color-scheme: dark) {
  :root { background: #16181c; color: #e8e8ea; }
  a { color: #a9c1ff; }
}
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem; }
section { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; width: 100%; }
th, td { border-bottom: 1px solid #8888; padding: .25rem .5rem; text-align: left;
  vertical-align: top; white-space: pre-line; }
dt { font-weight: 600; }
dd { margin: 0 0 .5rem; white-space: pre-line; }
@media print {
  :root { background: #fff; color: #000; }
  section { overflow: visible; }
  table { font-size: 8pt; }
}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"

README = """\
Dossier of lot {lot}
{line}

Made {at} for the account {account}, by Exolot {version}. It holds what was
on record of the lot at that instant, and nothing that was recorded later.

Begin with index.html: any browser opens it, without a network.

  index.html            the lot for reading: status, results, signatures, decisions
  lot.json              the lot's own record, with holds, decisions and parents
  results.json          every criterion with its limit and results, inherited ones too
  specification.json    the specification version that the lot is bound to
  genealogy.json        lots that it was made from, lots made from it
  facts.json            all that the release rules look at
  evaluation.json       every release rule with its outcome, judged from facts.json
  records/*.jsonl, .csv samples, runs with readings, results in every version, reviews,
                        decisions, holds, investigations, corrections, transcriptions,
                        notes; each line or row is one record
  sources.json          tissue sources of the whole genealogy, donors by their codes,
                        and the determination of each donor's eligibility
  signatures.json       every signature, and whether it still matches the records
  signatures/*.json     exactly what was signed; its SHA-256 is content_sha256 of the
                        signature
  grounds.json          signatures on what the lot rests on: specification, rule profile, methods,
                        training, outside laboratories, eligibility of donors, inherited
                        results, and who compared any of it with its paper original
  grounds/*.json        exactly what was signed there
  decisions/*.json      the evaluation that each decision was signed with
  files/*               files attached to the lot, its runs and what they rest on, as they
                        came; files.json has their own names
{trail}\
  SHA256SUMS            of every file here, but for itself

Check that nothing was altered on the way:   sha256sum --check SHA256SUMS
(Windows: Get-FileHash; macOS: shasum -a 256 --check SHA256SUMS)

facts.json and evaluation.json are in canonical form (UTF-8, members in order, no
spaces). The SHA-256 of facts.json is inputs_sha256 in evaluation.json. Where CSV begins a
cell with an apostrophe, it keeps a spreadsheet from running what follows.
"""
TRAIL = """\
  trail/entries.*       the audit trail of the lot: who changed what, when and why
  trail/NAME.entry.json the bytes of one entry, as the database wrote and sealed them
  trail/NAME.tlog-proof that the entry is in the ledger under a signed checkpoint
                        (c2sp.org/tlog-proof), to be checked with docs/tools/verify_proof.py
  trail/keys.txt        public keys of the ledger, as this server knows them: compare
                        them with those that you were given by another way
"""
NO_TRAIL = """\
The audit trail is not in it: the account may not read the whole trail.
"""


@dataclass(frozen=True, slots=True)
class Link:
    """To another file of the dossier, by its name there."""

    text: str
    file: str


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the page. ``rows`` have as many cells as ``head``."""

    heading: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Link]]


def readme(*, lot: str, at: str, account: str, version: str, has_trail: bool) -> bytes:
    title = f"Dossier of lot {lot}"
    trail = TRAIL if has_trail else NO_TRAIL
    return README.format(
        lot=lot, line="=" * len(title), at=at, account=account, version=version, trail=trail
    ).encode()


def page(
    title: str, lead: Iterable[tuple[str, str]], sections: Iterable[Section]
) -> Iterator[bytes]:
    """Everything shown is text, whatever it looks like. Sections without rows say so."""
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<dl>\n"
    ).encode()
    for term, text in lead:
        yield f"<dt>{escape(term)}</dt><dd>{escape(text) or 'none'}</dd>\n".encode()
    yield b"</dl>\n"
    for section in sections:
        yield from _section(section)
    yield b"</main>\n</body>\n</html>\n"


def sums(found: Iterable[tuple[str, str]]) -> bytes:
    """As `sha256sum --check` reads them: each file's name and hexadecimal SHA-256."""
    return "".join(f"{digest}  {name}\n" for name, digest in found).encode()


def _section(section: Section) -> Iterator[bytes]:
    yield f'<section tabindex="0">\n<h2>{escape(section.heading)}</h2>\n'.encode()
    if not section.rows:
        yield b"<p>None.</p>\n</section>\n"
        return
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in section.head)
    yield f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n".encode()
    for row in section.rows:
        cells = "".join(f"<td>{_cell(cell)}</td>" for cell in row)
        yield f"<tr>{cells}</tr>\n".encode()
    yield b"</tbody>\n</table>\n</section>\n"


def _cell(cell: str | Link) -> str:
    if isinstance(cell, Link):
        return f'<a href="{escape(cell.file)}">{escape(cell.text)}</a>'
    return escape(cell)
