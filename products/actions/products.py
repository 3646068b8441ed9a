"""Actions on products."""

from __future__ import annotations

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.locks import GENEALOGY, lock
from products.actions.lookups import find_product
from products.actions.records import insert_once
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.errors import InvalidValueError, WrongStatusError
from products.domain.lots import TERMINAL
from products.domain.measurements import parse_measured, quoted
from products.domain.products import BASIS_LABELS, Basis, RuleProfile
from products.domain.profiles import PROFILES
from products.domain.roles import Permission
from products.models import Product, ProfileAssignment
from products.models.fields import uuid7


@action("product.register", permission=Permission.DRAFT)
def register_product(
    context: Context,
    *,
    code: str,
    name: str,
    basis: str,
    basis_reference: str,
    label_claim: str,
    fill_volume_ml: str,
    storage: str,
    shelf_life_months: int | None = None,
    rule_profile: str = "strict",
) -> Product:
    """Register a product under its basis.

    ``basis_reference`` names the IND, authorisation or protocol; only research use needs none.
    ``label_claim`` (particles per vial) and ``fill_volume_ml`` are kept as written on the label,
    empty when it states none.

    All rules apply to it (profile strict) until quality assigns another profile.

    Raises:
        InvalidValueError: an unknown basis, another profile, a basis without its reference, or a
            number that cannot be read.
        DuplicateError: the code was used already.
    """
    under = check_word(Basis, basis, "basis")
    if check_word(RuleProfile, rule_profile, "rule_profile") is not RuleProfile.STRICT:
        raise InvalidValueError(
            "A new product has the profile strict: all rules apply. Quality assigns another one "
            "under signature.",
            field="rule_profile",
            code="profile_not_signed",
        )
    product = Product(
        code=code.strip(),
        name=name.strip(),
        basis=under,
        basis_reference=basis_reference.strip(),
        rule_profile=RuleProfile.STRICT,
        label_claim=_positive(label_claim, "label_claim"),
        fill_volume_ml=_positive(fill_volume_ml, "fill_volume_ml"),
        storage=storage.strip(),
        shelf_life_months=shelf_life_months,
        recorded_by=context.actor,
    )
    if under is not Basis.RESEARCH_USE_ONLY and not product.basis_reference:
        raise InvalidValueError(
            f"The basis ({BASIS_LABELS[under]}) needs its reference: the number of the IND, "
            "authorisation or protocol.",
            field="basis_reference",
        )
    insert_once(
        product,
        Product.objects.filter(code__iexact=product.code),
        lambda taken: (
            f"Product code {product.code} was used already (as {taken.code}) and is never reused."
        ),
        "code",
    )
    return product


@action("product.assign_profile", permission=Permission.APPROVE, signed=True)
def assign_profile(context: Context, *, product: str, profile: str) -> ProfileAssignment:
    """Sign which release rules apply to a product, for the context's reason; in effect at once.

    Every lot of the product that is not rejected, recalled or void is judged again.

    Raises:
        UnknownReferenceError: there is no such product.
        InvalidValueError: an unknown profile, or one that the product's basis does not allow
            (``profile_not_allowed``).
        WrongStatusError: the product has that profile already.
    """
    found = find_product(product)
    what = check_word(RuleProfile, profile, "profile")
    if Basis(found.basis) not in PROFILES[what].bases:
        raise InvalidValueError(
            f"The profile {what} is not for the basis of product {found.code} "
            f"({BASIS_LABELS[found.basis]}).",
            field="profile",
            code="profile_not_allowed",
        )
    # A lot that is being registered is judged by the profile that it will find.
    lock(GENEALOGY)
    latest = found.profiles.order_by("-version").first()
    present = latest.profile if latest else RuleProfile.STRICT
    if present == what:
        raise WrongStatusError(f"Product {found.code} has the profile {what} already.")
    key = uuid7()
    version = latest.version + 1 if latest else 1
    signature = sign(
        context,
        record_kind="profile_assignment",
        record_id=key,
        meaning="Rule profile assigned",
        zone=home_zone(),
        content={
            "product": found.code,
            "basis": found.basis,
            "basis_reference": found.basis_reference,
            "version": version,
            "profile_before": present,
            "profile": what,
            "rules_left_out": sorted(PROFILES[what].left_out),
            "reviewer_may_release": PROFILES[what].reviewer_may_release,
        },
    )
    context.touched.update(found.lots.exclude(decision__in=TERMINAL).values_list("pk", flat=True))
    return ProfileAssignment.objects.create(
        id=key,
        product=found,
        version=version,
        profile=what,
        reason=context.reason,
        signature=signature,
    )


def _positive(text: str, field: str) -> str:
    """The text as written, when it is empty or a number above zero."""
    written = text.strip()
    if written:
        measured = parse_measured(written, field=field)
        if measured.is_censored or measured.value <= 0:
            raise InvalidValueError(f"{quoted(written)} is not a number above zero.", field=field)
    return written
