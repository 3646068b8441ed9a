"""Everything that is on record of a lot as one archive, for a person and for programs (ADR 0030).

Its lists are those of the API, asked for the lot, so that the archive says what the API says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import resolve, reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from products.api.asking import actor_of
from products.api.dossier_parts import PARTS, TRAIL, Part
from products.api.exports import Format
from products.api.reach import narrowed
from products.api.schema import downloads
from products.api.sending import PART, TRAILERS, ZIP_TYPE, Sent, begin_file, send_file
from products.api.signatures import signature_bodies
from products.api.surface import View, only_parameters
from products.documents.cells import Column, Row, cell_of, text_of
from products.documents.dossier import Link, Section, page, readme, sums
from products.documents.zip_file import Member, Sum, zip_file
from products.domain.canonical import canonical_bytes
from products.domain.evidence import DOCX, JPEG, PDF, PNG, TEXT, TIFF, XLSX
from products.domain.facts import LotFacts, plain
from products.domain.lots import STATUS_LABELS
from products.domain.ordering import normalised
from products.domain.release import Evaluation, evaluate
from products.domain.roles import Permission, permissions_of
from products.models import AuditEntry, Evidence, Lot
from products.queries import dossier as stored
from products.queries.facts import lot_facts
from products.queries.listing import LotRow, lot_row
from products.queries.lot_signatures import signatures_on_grounds
from products.queries.people import roles_of
from qcsite.version import VERSION

ENDINGS = {
    PDF: "pdf",
    PNG: "png",
    JPEG: "jpg",
    TIFF: "tif",
    TEXT: "txt",
    XLSX: "xlsx",
    DOCX: "docx",
}


class LotDossier(View):
    is_file = True

    @downloads(
        "read_lot_dossier",
        "Everything on record of a lot, as a ZIP with the SHA-256 of every file",
        [ZIP_TYPE],
        tag="Lots",
    )
    def get(self, request: Request, lot: str) -> Response:
        only_parameters(request, [])
        with ExitStack() as opened:
            at = begin_file(request, opened)
            row = lot_row(lot, at)
            facts = normalised(lot_facts([row.id])[row.id])
            dossier = Dossier(request, row, facts, evaluate(facts, at), at)
            name = re.sub(r"[^A-Za-z0-9-]", "_", row.number)
            file = Sent(
                name=f"dossier-{name}-{at:%Y%m%dT%H%M%SZ}.zip",
                kind=ZIP_TYPE,
                at=at,
                parts=zip_file(dossier.members(), at),
            )
            return send_file(request, file, opened)  # type: ignore[return-value]  # any answer will do


@dataclass(slots=True)
class Dossier:
    """The archive of one lot at one instant. ``digests`` are those of the members written so far,
    ``sections`` what the page is going to show of them.
    """

    request: Request
    row: LotRow
    facts: LotFacts
    evaluation: Evaluation
    at: datetime
    digests: list[tuple[str, str]] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    @property
    def has_trail(self) -> bool:
        return Permission.AUDIT in permissions_of(roles_of(actor_of(self.request).pk))

    def members(self) -> Iterator[Member]:
        """Each with its digest taken as it is written; the digests of all at the end."""
        for name, parts in self._contents():
            summed = Sum()
            yield name, summed.of(parts)
            self.digests.append((name, summed.sha256.hex()))
        yield "SHA256SUMS", [sums(self.digests)]

    def _contents(self) -> Iterator[Member]:
        account = actor_of(self.request).username
        told = partial(readme, lot=self.row.number, at=self.at.isoformat(), account=account)
        yield "README.txt", [told(version=VERSION, has_trail=self.has_trail)]
        for part in PARTS:
            yield from self._list(part, "records")
        yield from self._records()
        yield from self._signed()
        yield from self._files()
        if self.has_trail:
            yield from self._trail()
        yield "index.html", page(f"Lot {self.row.number}", self._lead(), self.sections)

    def _records(self) -> Iterator[Member]:
        lot, row = self.row.number, self.row
        yield "facts.json", [canonical_bytes(self.facts)]
        yield "evaluation.json", [self.evaluation.to_bytes()]
        yield "lot.json", self._one(reverse("api:lot", args=[lot]))
        yield "results.json", self._one(reverse("api:results", args=[lot]))
        version = reverse("api:specification", args=[row.product, row.specification])
        yield "specification.json", self._one(version)
        yield (
            "genealogy.json",
            [_json(stored.genealogy(self.facts, narrowed(self.request, Lot.objects.all())))],
        )
        yield "sources.json", [_json(plain(self.facts.sources))]
        self.sections += [self._rules(), self._sources()]

    def _signed(self) -> Iterator[Member]:
        address = reverse("api:lot-signatures", args=[self.row.number])
        shown = self._answer(address).data["signatures"]
        yield from self._signatures("signatures", "Signatures", shown)
        grounds = narrowed(self.request, signatures_on_grounds(self.facts))
        yield from self._signatures(
            "grounds", "Signatures on what it rests on", signature_bodies(list(grounds))
        )
        for decision, content in stored.decided_on(self.row.id):
            yield f"decisions/{decision:03d}-evaluation.json", [content]

    def _signatures(
        self, place: str, heading: str, shown: Sequence[dict[str, Any]]
    ) -> Iterator[Member]:
        yield f"{place}.json", [_json(shown)]
        rows: list[Sequence[str | Link]] = []
        for number, signature in enumerate(shown, 1):
            name = f"{place}/{number:03d}-{signature['id']}.json"
            yield name, (stored.signed_document(each) for each in [signature["id"]])
            told = (signature[of] for of in ("printed_name", "meaning", "reason", "standing"))
            rows.append([Link(f"{signature['signed_at'].isoformat()}", name), *map(str, told)])
        head = ["Signed at", "By", "Meaning", "Reason", "Still matches"]
        self.sections.append(Section(heading, head, rows))

    def _files(self) -> Iterator[Member]:
        rows: list[Sequence[str | Link]] = []
        listed = []
        read = narrowed(self.request, Evidence.objects.all())
        for number, file in enumerate(stored.files_of(self.facts, read), 1):
            # Never the name that its sender gave it.
            name = f"files/{number:03d}-{file.sha256[:12]}.{ENDINGS[file.media_type]}"
            yield name, (stored.content_of(each) for each in [file])
            rows.append([Link(file.name, name), file.belongs_to, file.description, file.sha256])
            listed.append({**asdict(file), "file": name})
        yield "files.json", [_json(listed)]
        head = ["File", "Attached to", "Description", "SHA-256"]
        self.sections.append(Section("Attached files", head, rows))

    def _trail(self) -> Iterator[Member]:
        yield from self._list(TRAIL, "trail")
        yield "trail/keys.txt", [stored.ledger_keys().encode()]
        read = narrowed(self.request, AuditEntry.objects.all())
        for name, content, proof in stored.sealed_entries(self.row.id, read):
            yield f"trail/{name}.entry.json", [content]
            if proof:
                yield f"trail/{name}.tlog-proof", [proof.encode()]

    def _list(self, part: Part, place: str) -> Iterator[Member]:
        """As lines, as a table, and on the page."""
        address, _, query = part.address.partition("?")
        asked = dict(pair.split("=") for pair in query.split("&") if pair)
        lot = self.row.number
        asked = {name: value.replace("{lot}", lot) for name, value in asked.items()}
        where = address.replace("{lot}", lot.replace("/", "~"))
        lines = self._answer(where, asked | {"format": Format.JSONL}).streaming_content
        rows: list[list[str]] = []
        yield f"{place}/{part.name}.jsonl", _kept(lines, part.shown.values(), rows)
        table = self._answer(where, asked | {"format": Format.CSV}).streaming_content
        yield f"{place}/{part.name}.csv", table
        self.sections.append(Section(part.heading, list(part.shown), rows))

    def _one(self, address: str) -> list[bytes]:
        return [_json(self._answer(address).data)]

    def _answer(self, address: str, query: Mapping[str, str] | None = None) -> Any:
        """What the API answers there, to the same account, from this look at the records.

        Whether it may read was asked before: what a lot's dossier has, every reader may read, but
        for the trail.
        """
        found = resolve(address)
        inner = HttpRequest()
        inner.method, inner.path = "GET", address
        inner.META = {**self.request.META, TRAILERS: {}, PART: True}
        inner.GET = QueryDict(urlencode(query or {}))
        view = found.func.cls()  # type: ignore[attr-defined]  # a class of ours
        asked = view.initialize_request(inner)
        asked.user, asked.auth = self.request.user, self.request.auth
        return view.get(asked, **found.kwargs)

    def _lead(self) -> list[tuple[str, str]]:
        row, evaluation = self.row, self.evaluation
        reasons = "\n".join(f"{block.rule} {block.message}" for block in evaluation.blocks)
        return [
            ("Status", f"{STATUS_LABELS[evaluation.status]}, judged {self.at.isoformat()}"),
            ("Basis", row.basis),
            ("Reasons against release", reasons),
            ("Product", row.product),
            ("Specification version", str(row.specification)),
            ("Made on", row.made_on.isoformat()),
            ("Last day of use", row.expiry.text),
            ("Site", row.site),
            ("Made from lots", ", ".join(each.number for each in self.facts.ancestors)),
        ]

    def _rules(self) -> Section:
        rows = [
            [each.rule, each.title, each.outcome.value, each.note]
            for each in self.evaluation.outcomes
        ]
        return Section("Release rules", ["Rule", "Title", "Outcome", "Note"], rows)

    def _sources(self) -> Section:
        head = ["Source", "Kind", "Lot", "Donor", "Eligibility", "Determined", "Records", "Signed"]
        rows = []
        for source in self.facts.sources:
            made = source.donor.determination
            told = (
                (made.outcome.value, made.determined_on, made.summary_of_records, made.signed_by)
                if made
                else ("not determined", "", "", "")
            )
            rows.append(
                [source.number, source.kind, source.lot, source.donor.code, *map(_text, told)]
            )
        return Section("Tissue sources and donors", head, rows)


def _kept(lines: Iterable[bytes], shown: Iterable[str], rows: list[list[str]]) -> Iterator[bytes]:
    """``lines``, of each of which the ``shown`` columns are kept in ``rows``."""
    columns = [Column(tuple(path.split("."))) for path in shown]
    for part in lines:
        for line in part.splitlines():
            row: Row = json.loads(line)
            rows.append([text_of(cell_of(row, column)) for column in columns])
        yield part


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _json(value: object) -> bytes:
    return json.dumps(value, cls=JSONEncoder, ensure_ascii=False, indent=1).encode()
