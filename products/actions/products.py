"""Actions on products."""

from __future__ import annotations

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.records import insert_once
from products.domain.errors import InvalidValueError
from products.domain.measurements import parse_measured, quoted
from products.domain.products import BASIS_LABELS, Basis, RuleProfile
from products.domain.roles import Permission
from products.models import Product


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

    Raises:
        InvalidValueError: an unknown basis or profile, a basis without its reference, or a number
            that cannot be read.
        DuplicateError: the code was used already.
    """
    under = check_word(Basis, basis, "basis")
    product = Product(
        code=code.strip(),
        name=name.strip(),
        basis=under,
        basis_reference=basis_reference.strip(),
        rule_profile=check_word(RuleProfile, rule_profile, "rule_profile"),
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


def _positive(text: str, field: str) -> str:
    """The text as written, when it is empty or a number above zero."""
    written = text.strip()
    if written:
        measured = parse_measured(written, field=field)
        if measured.is_censored or measured.value <= 0:
            raise InvalidValueError(f"{quoted(written)} is not a number above zero.", field=field)
    return written
