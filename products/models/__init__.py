"""The tables. Fields, constraints and names; no behaviour."""

from __future__ import annotations

from products.models.accesses import Access
from products.models.acknowledgements import Acknowledgement
from products.models.amendments import Amendment, SecondSignature
from products.models.audit import AuditEntry
from products.models.backups import Backup
from products.models.dispositions import Disposition
from products.models.donors import Determination, Donor
from products.models.equipment import Calibration, Instrument, MediaLot, MediaRecall
from products.models.evidence import Evidence
from products.models.factors import (
    Factor,
    FactorConfirmation,
    FactorRemoval,
    FactorStep,
    PasskeyUse,
    RecoveryCode,
    RecoveryCodeUse,
)
from products.models.holds import Hold, HoldLift
from products.models.identities import IdentityLink, IdentityUnlink
from products.models.installation import Installation
from products.models.investigations import Conclusion, Investigation
from products.models.laboratories import Laboratory, LaboratoryQualification
from products.models.ledger import Checkpoint, Leaf, LedgerKey
from products.models.lockouts import Lockout, LockoutSettlement
from products.models.lots import Lot, LotParent, LotSource
from products.models.methods import Method, MethodVersion
from products.models.notes import Note
from products.models.people import Person, SignIn, User
from products.models.periodic import CredentialReview, TrailReview
from products.models.policies import PolicyAcceptance, SignaturePolicy
from products.models.products import Product
from products.models.profiles import ProfileAssignment
from products.models.reports import OutsideReport
from products.models.requests import RequestAnswer, RequestDone
from products.models.results import Result
from products.models.reviews import Review, ReviewItem, RunReturn
from products.models.roles import RoleApproval, RoleGrant, RoleRevocation
from products.models.runs import Reading, Run, RunMedia, RunSupport
from products.models.samples import Sample
from products.models.signatures import Signature
from products.models.sites import Site
from products.models.sources import TissueSource
from products.models.specification_changes import Rejudgement, SpecificationChange
from products.models.specifications import Criterion, SpecificationVersion
from products.models.tokens import ApiToken
from products.models.training import Training
from products.models.transcriptions import GoLive, Transcription, Verification

__all__ = [
    "Access",
    "Acknowledgement",
    "Amendment",
    "ApiToken",
    "AuditEntry",
    "Backup",
    "Calibration",
    "Checkpoint",
    "Conclusion",
    "CredentialReview",
    "Criterion",
    "Determination",
    "Disposition",
    "Donor",
    "Evidence",
    "Factor",
    "FactorConfirmation",
    "FactorRemoval",
    "FactorStep",
    "GoLive",
    "Hold",
    "HoldLift",
    "IdentityLink",
    "IdentityUnlink",
    "Installation",
    "Instrument",
    "Investigation",
    "Laboratory",
    "LaboratoryQualification",
    "Leaf",
    "LedgerKey",
    "Lockout",
    "LockoutSettlement",
    "Lot",
    "LotParent",
    "LotSource",
    "MediaLot",
    "MediaRecall",
    "Method",
    "MethodVersion",
    "Note",
    "OutsideReport",
    "PasskeyUse",
    "Person",
    "PolicyAcceptance",
    "Product",
    "ProfileAssignment",
    "Reading",
    "RecoveryCode",
    "RecoveryCodeUse",
    "Rejudgement",
    "RequestAnswer",
    "RequestDone",
    "Result",
    "Review",
    "ReviewItem",
    "RoleApproval",
    "RoleGrant",
    "RoleRevocation",
    "Run",
    "RunMedia",
    "RunReturn",
    "RunSupport",
    "Sample",
    "SecondSignature",
    "SignIn",
    "Signature",
    "SignaturePolicy",
    "Site",
    "SpecificationChange",
    "SpecificationVersion",
    "TissueSource",
    "TrailReview",
    "Training",
    "Transcription",
    "User",
    "Verification",
]
