"""Every refusal of the system as one tree of errors.

``str(error)`` is the message for people; ``code`` is stable and is what clients filter by. Nothing
here knows about HTTP: the surfaces map classes to their own answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from products.domain.dispositions import DecisionMade
    from products.domain.release import Block


class DomainError(Exception):
    """A refusal. ``field`` names the input it is about, empty when it is about none."""

    code: str = "domain_error"

    def __init__(self, message: str, *, code: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code:
            self.code = code


class InvalidValueError(DomainError):
    """What was entered cannot be read or is not allowed."""

    code = "invalid_value"


class InvalidInstantError(InvalidValueError):
    """What should be an instant is not written as one, or without its offset from UTC."""

    code = "invalid_instant"


class UnknownReferenceError(DomainError):
    """The input names a record that does not exist."""

    code = "unknown_reference"


class NotFoundError(DomainError):
    """The record that was asked for does not exist."""

    code = "not_found"


class NotPermittedError(DomainError):
    """The person's roles do not allow the action."""

    code = "not_permitted"


class SeparationOfDutiesError(NotPermittedError):
    """The person took part in what they would now check or release (21 CFR 211.194(a)(8))."""

    code = "separation_of_duties"


class SignatureRefusedError(NotPermittedError):
    """Wrong password, locked account, or an account that may not sign (21 CFR 11.200(a))."""

    code = "signature_refused"


class ConflictError(DomainError):
    """The records as they stand contradict the action."""

    code = "conflict"


class WrongStatusError(ConflictError):
    """The record is in a status from which the action is not possible."""

    code = "wrong_status"


class ResultExistsError(ConflictError):
    """A valid run for this criterion is on record already."""

    code = "result_exists"


class DuplicateError(ConflictError):
    """A record with this name exists already."""

    code = "already_exists"


class ReleaseBlockedError(ConflictError):
    """Rules speak against release; ``blocks`` holds all of them, in the order of the rules."""

    code = "release_blocked"

    def __init__(self, message: str, blocks: tuple[Block, ...]) -> None:
        super().__init__(message)
        self.blocks = blocks


class DecidedMeanwhileError(ConflictError):
    """Somebody decided on the lot since the actor read it: ``decided`` is the last decision."""

    code = "decided_meanwhile"

    def __init__(self, message: str, decided: DecisionMade) -> None:
        super().__init__(message)
        self.decided = decided


class NotSealedYetError(ConflictError):
    """What is asked about is not in the ledger, or under its checkpoint, yet."""

    code = "not_sealed_yet"


class StaleVersionError(DomainError):
    """The record changed since the person or client read it."""

    code = "stale_version"


class NotComparableError(DomainError):
    """The units of a value and its limit cannot be converted into each other."""

    code = "not_comparable"


class ClockError(DomainError):
    """The instant that the caller states is too far from the clock of the database."""

    code = "clock_differs"


class ConfigurationError(DomainError):
    """The installation is not set up as the action needs."""

    code = "configuration"


class NoteError(InvalidValueError):
    """A signed note, checkpoint, proof file or public key is not well written, or not signed."""

    code = "note_refused"


class ProofError(InvalidValueError):
    """A proof of the ledger does not show what it should."""

    code = "proof_refused"
