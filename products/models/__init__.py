"""The tables. Fields, constraints and names; no behaviour."""

from __future__ import annotations

from products.models.audit import AuditEntry
from products.models.dispositions import Disposition
from products.models.donors import Determination, Donor
from products.models.equipment import Instrument, MediaLot
from products.models.holds import Hold, HoldLift
from products.models.installation import Installation
from products.models.investigations import Conclusion, Investigation
from products.models.lots import Lot, LotParent, LotSource
from products.models.methods import Method, MethodVersion
from products.models.people import Person, SignIn, User
from products.models.products import Product
from products.models.results import Result
from products.models.reviews import Review, ReviewItem
from products.models.runs import Reading, Run, RunMedia, RunSupport
from products.models.samples import Sample
from products.models.signatures import Signature
from products.models.sites import Site
from products.models.sources import TissueSource
from products.models.specifications import Criterion, SpecificationVersion
from products.models.tokens import ApiToken

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Conclusion",
    "Criterion",
    "Determination",
    "Disposition",
    "Donor",
    "Hold",
    "HoldLift",
    "Installation",
    "Instrument",
    "Investigation",
    "Lot",
    "LotParent",
    "LotSource",
    "MediaLot",
    "Method",
    "MethodVersion",
    "Person",
    "Product",
    "Reading",
    "Result",
    "Review",
    "ReviewItem",
    "Run",
    "RunMedia",
    "RunSupport",
    "Sample",
    "SignIn",
    "Signature",
    "Site",
    "SpecificationVersion",
    "TissueSource",
    "User",
]
