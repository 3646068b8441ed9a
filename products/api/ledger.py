"""The ledger over the API: checkpoints, proofs and public keys, in formats that others verify."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.audit import TAG, AuditView, attachment
from products.api.listing import Listing, by, listed, newest
from products.api.schema import downloads, lists, reads
from products.api.surface import Body, only_parameters
from products.domain.errors import InvalidValueError, NoteError
from products.domain.spelling import parse_number, to_base64
from products.models import Checkpoint, LedgerKey
from products.queries import proofs

CHECKPOINT, INDEX, OLD_SIZE = "checkpoint", "index", "old_size"
NOTE = "text/plain"
MOST_NUMBER = 2**31 - 1

_OLD_SIZE = OpenApiParameter(
    OLD_SIZE, int, required=True, description="Size of the tree in an earlier checkpoint."
)


class CheckpointShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Entries in the tree.")
    root = serializers.CharField(  # type: ignore[assignment]  # a field of the answer
        help_text="RFC 6962 root, base64."
    )
    sealed_at = serializers.DateTimeField()
    key = serializers.IntegerField(help_text="Number of the key that signed.")
    note = serializers.CharField(help_text="What is signed, c2sp.org/tlog-checkpoint, to keep.")
    content = serializers.CharField(help_text="Address of the note as a file.")


class InclusionShape(serializers.Serializer[None]):
    checkpoint = CheckpointShape()
    index = serializers.IntegerField()
    leaf_hash = serializers.CharField(help_text="RFC 6962 hash of the entry, base64.")
    hashes = serializers.ListField(
        child=serializers.CharField(), help_text="RFC 6962, 2.1.1, base64, from the leaf upwards."
    )


class ConsistencyShape(serializers.Serializer[None]):
    checkpoint = CheckpointShape()
    old_size = serializers.IntegerField()
    hashes = serializers.ListField(
        child=serializers.CharField(),
        help_text="RFC 6962, 2.1.2, base64; empty for equal sizes.",
    )


class LedgerKeyShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    vkey = serializers.CharField(help_text="Public key, c2sp.org/signed-note.")
    recorded_at = serializers.DateTimeField()
    announcement = serializers.CharField(
        help_text="Note in which the key before names this one; empty for the first."
    )


CHECKPOINTS = Listing(CheckpointShape, name="checkpoints", orders=newest("number"))


class Checkpoints(AuditView):
    @lists("list_checkpoints", "Signed heads of the ledger, latest first", CHECKPOINTS, tag=TAG)
    def get(self, request: Request) -> Response:
        rows = Checkpoint.objects.select_related("key")
        return listed(request, CHECKPOINTS, rows, lambda found: [_body(row) for row in found])


class LatestCheckpoint(AuditView):
    @reads("read_latest_checkpoint", "The latest signed head", CheckpointShape, tag=TAG)
    def get(self, request: Request) -> Response:
        only_parameters(request, [])
        return Response(_body(proofs.checkpoint_numbered(None)))


class OneCheckpoint(AuditView):
    @reads("read_checkpoint", "One signed head", CheckpointShape, tag=TAG)
    def get(self, request: Request, checkpoint: int) -> Response:
        only_parameters(request, [])
        return Response(_body(proofs.checkpoint_numbered(checkpoint)))


class Note(AuditView):
    @downloads("read_checkpoint_note", "A checkpoint as it is signed", [NOTE], tag=TAG)
    def get(self, request: Request, checkpoint: int) -> HttpResponse:
        only_parameters(request, [])
        row = proofs.checkpoint_numbered(checkpoint)
        return _text(row.note, f"checkpoint-{row.number}.txt")


class Inclusion(AuditView):
    @reads(
        "read_inclusion_proof",
        "That an entry is in the tree of a checkpoint",
        InclusionShape,
        tag=TAG,
        checked=True,
        parameters=[
            OpenApiParameter(INDEX, int, required=True, description="Place in the ledger.")
        ],
    )
    def get(self, request: Request, checkpoint: int) -> Response:
        only_parameters(request, [INDEX])
        found = proofs.inclusion(proofs.checkpoint_numbered(checkpoint), _number(request, INDEX))
        return Response(
            {
                "checkpoint": _body(found.checkpoint),
                "index": found.index,
                "leaf_hash": to_base64(found.leaf),
                "hashes": [to_base64(each) for each in found.hashes],
            }
        )


class Consistency(AuditView):
    @reads(
        "read_consistency_proof",
        "That the tree of a checkpoint continues a smaller one",
        ConsistencyShape,
        tag=TAG,
        checked=True,
        parameters=[_OLD_SIZE],
    )
    def get(self, request: Request, checkpoint: int) -> Response:
        found = _consistency(request, checkpoint)
        return Response(
            {
                "checkpoint": _body(found.checkpoint),
                "old_size": found.old_size,
                "hashes": [to_base64(each) for each in found.hashes],
            }
        )


class ConsistencyFile(AuditView):
    @downloads(
        "read_consistency_file",
        "The same as a file for the offline verifier (c2sp.org/tlog-witness)",
        [NOTE],
        tag=TAG,
        parameters=[_OLD_SIZE],
    )
    def get(self, request: Request, checkpoint: int) -> HttpResponse:
        found = _consistency(request, checkpoint)
        name = f"from-{found.old_size}-to-checkpoint-{checkpoint}.txt"
        return _text(proofs.continuation_file(found), name)


class EntryProof(AuditView):
    @downloads(
        "read_audit_entry_proof",
        "That an entry is in the ledger, as a file (c2sp.org/tlog-proof@v1)",
        [NOTE],
        tag=TAG,
        may_conflict=True,
        parameters=[
            OpenApiParameter(
                CHECKPOINT, int, description="Number of the checkpoint; the latest unless told."
            )
        ],
    )
    def get(self, request: Request, entry: UUID) -> HttpResponse:
        only_parameters(request, [CHECKPOINT])
        number = _number(request, CHECKPOINT) if CHECKPOINT in request.query_params else None
        if number is not None and number > MOST_NUMBER:
            raise InvalidValueError("There is no such checkpoint.", field=CHECKPOINT)
        return _text(proofs.proof_file(entry, number), f"{entry}.tlog-proof")


KEYS = Listing(LedgerKeyShape, name="ledger-keys", orders=by("number", "number"))


class Keys(AuditView):
    @lists("list_ledger_keys", "Public keys, oldest first", KEYS, tag=TAG)
    def get(self, request: Request) -> Response:
        rows = LedgerKey.objects.all()
        return listed(request, KEYS, rows, lambda found: [_key(row) for row in found])


def _consistency(request: Request, checkpoint: int) -> proofs.Consistency:
    only_parameters(request, [OLD_SIZE])
    row = proofs.checkpoint_numbered(checkpoint)
    return proofs.consistency(row, _number(request, OLD_SIZE))


def _number(request: Request, name: str) -> int:
    try:
        return parse_number(request.query_params.get(name, ""))
    except NoteError:
        raise InvalidValueError(
            f"Name {name} as a whole number without leading zeros.", field=name
        ) from None


def _text(text: str, name: str) -> HttpResponse:
    return attachment(text.encode(), name, f"{NOTE}; charset=utf-8")


def _body(row: Checkpoint) -> Body:
    return {
        "number": row.number,
        "size": row.size,
        "root": to_base64(bytes(row.root)),
        "sealed_at": row.sealed_at,
        "key": row.key.number,
        "note": row.note,
        "content": reverse("api:checkpoint-note", args=[row.number]),
    }


def _key(row: LedgerKey) -> Body:
    return {
        "number": row.number,
        "vkey": row.vkey,
        "recorded_at": row.recorded_at,
        "announcement": row.announcement,
    }
