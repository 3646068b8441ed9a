"""What a lot's dossier has beside the lists of the API: bytes as they were stored, with proofs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from products.domain.facts import LotFacts
from products.domain.tlog import TlogProof, proof_text
from products.models import (
    AuditEntry,
    Disposition,
    Donor,
    Evidence,
    Laboratory,
    LedgerKey,
    Lot,
    MethodVersion,
    Signature,
    SpecificationVersion,
)
from products.models.evidence import SUBJECTS
from products.queries.audit import indexes_of, of_lot
from products.queries.facts import descendants_of
from products.queries.ledger import inclusion_proof, latest_checkpoint
from products.queries.lot_signatures import rests_on

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """``belongs_to``: the record that it is attached to, as people call it."""

    id: UUID
    name: str
    media_type: str
    belongs_to: str
    description: str
    sha256: str


def genealogy(facts: LotFacts, lots: QuerySet[Lot]) -> dict[str, object]:
    """``lines`` has of each parent the numbers of its line, itself first; ``lots`` are those that
    the reader may read of, of which the descendants are.
    """
    later = descendants_of([UUID(facts.id)]) - {UUID(facts.id)}
    numbers = lots.filter(pk__in=later).order_by("number").values_list("number", flat=True)
    return {
        "parents": list(facts.parents),
        "lines": {parent: list(line) for parent, line in facts.lines},
        "ancestors": [
            {"number": each.number, "decision": each.decision, "has_open_hold": each.has_open_hold}
            for each in facts.ancestors
        ],
        "descendants": list(numbers),
    }


def files_of(facts: LotFacts, files: QuerySet[Evidence]) -> list[AttachedFile]:
    """Those of ``files`` that are of the lot or of what it rests on: its runs and inherited ones,
    their methods and outside laboratories, its specification, its sources and their donors.
    """
    runs = rests_on(facts)
    sources = [UUID(source.id) for source in facts.sources]
    found = files.filter(
        Q(lot=facts.id)
        | Q(run__lot=facts.id)
        | Q(run__in=runs)
        | Q(method_version__in=MethodVersion.objects.filter(runs__in=runs))
        | Q(laboratory__in=Laboratory.objects.filter(runs__in=runs))
        | Q(specification__in=SpecificationVersion.objects.filter(lots=UUID(facts.id)))
        | Q(source__in=sources)
        | Q(donor__in=Donor.objects.filter(sources__in=sources))
    ).select_related(*SUBJECTS, "specification__product", "method_version__method")
    return [
        AttachedFile(
            row.pk,
            row.name,
            row.media_type,
            next(str(of) for name in SUBJECTS if (of := getattr(row, name)) is not None),
            row.description,
            row.sha256,
        )
        for row in found.defer("content").order_by("id")
    ]


def content_of(file: AttachedFile) -> bytes:
    return bytes(Evidence.objects.values_list("content", flat=True).get(pk=file.id))


def signed_document(signature: UUID) -> bytes:
    """Exactly what was signed."""
    return bytes(Signature.objects.values_list("content", flat=True).get(pk=signature))


def decided_on(lot: UUID) -> Iterator[tuple[int, bytes]]:
    """Of each decision its number and the evaluation that its signer was shown."""
    rows = Disposition.objects.filter(lot=lot).order_by("number")
    for number, content in rows.values_list("number", "evaluation"):
        yield number, bytes(content)


def sealed_entries(lot: UUID, entries: QuerySet[AuditEntry]) -> Iterator[tuple[str, bytes, str]]:
    """Of each of ``entries`` that is of the lot's trail, oldest first, a name, its bytes, and its
    proof under the latest checkpoint, empty while it is not sealed.
    """
    keys = [key for part in of_lot(entries, lot) for key in part.values_list("pk", flat=True)]
    keys.sort()
    seal = latest_checkpoint()
    for first in range(0, len(keys), AT_ONCE):
        rows = list(AuditEntry.objects.filter(pk__in=keys[first : first + AT_ONCE]).order_by("pk"))
        places = indexes_of(rows)
        for row in rows:
            index = places.get(row.pk)
            if index is None or seal is None or index >= seal.size:
                yield str(row.pk), bytes(row.body), ""
                continue
            hashes = tuple(inclusion_proof(index, seal.size))
            proof = TlogProof(index=index, hashes=hashes, checkpoint=seal.note)
            yield f"{index:09d}-{row.pk}", bytes(row.body), proof_text(proof)


def ledger_keys() -> str:
    """Every public key of the ledger, one a line (c2sp.org/signed-note)."""
    rows = LedgerKey.objects.order_by("number").values_list("vkey", flat=True)
    return "".join(f"{vkey}\n" for vkey in rows)
