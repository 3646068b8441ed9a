"""Five products. None is approved for anything; every reference says that it is a demo."""

from __future__ import annotations

from dataclasses import dataclass

from products.actions.products import assign_profile, register_product
from products.demo.house import House
from products.domain.products import Basis, RuleProfile


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """``label_claim`` in particles per vial, ``fill_volume_ml`` in mL per vial."""

    code: str
    name: str
    basis: Basis
    basis_reference: str
    label_claim: str
    fill_volume_ml: str
    storage: str
    shelf_life_months: int


NEBULISED = DemoProduct(
    "NEB",
    "hUCMSC-EV for nebulisation (demo; specification after STTT 2025)",
    Basis.CLINICAL_TRIAL,
    "DEMO-CTA-0001, no real authorisation",
    "1.0E10",
    "3.0",
    "-65 to -85 °C",
    12,
)
MSC = DemoProduct(
    "MSC",
    "MSC-EV (demo; specification after WJSC 2025)",
    Basis.US_IND,
    "DEMO-IND-0002, no real IND",
    "1.0E10",
    "1.0",
    "-65 to -85 °C",
    12,
)
PLACENTAL = DemoProduct(
    "PLA",
    "Placental EV (demo; an example of our own, not published)",
    Basis.RESEARCH_USE_ONLY,
    "",
    "2.0E10",
    "1.0",
    "-65 to -85 °C",
    6,
)
AMNIOTIC = DemoProduct(
    "AMF",
    "Amniotic fluid EV (demo; for research, under a signed rule profile)",
    Basis.RESEARCH_USE_ONLY,
    "",
    "1.0E9",
    "0.5",
    "-65 to -85 °C",
    6,
)
REFILLED = DemoProduct(
    "PLR",
    "Placental EV, refilled (demo; filled from placental lots)",
    Basis.RESEARCH_USE_ONLY,
    "",
    "2.0E9",
    "0.1",
    "-65 to -85 °C",
    6,
)
PRODUCTS = (NEBULISED, MSC, PLACENTAL, AMNIOTIC, REFILLED)


def add_products(house: House) -> None:
    for product in PRODUCTS:
        register_product(
            house.context("quality", house.calendar.at(476, "10:00")),
            code=product.code,
            name=product.name,
            basis=product.basis,
            basis_reference=product.basis_reference,
            label_claim=product.label_claim,
            fill_volume_ml=product.fill_volume_ml,
            storage=product.storage,
            shelf_life_months=product.shelf_life_months,
        )
    assign_profile(
        house.context(
            "quality2",
            house.calendar.at(475, "11:00"),
            "Used in the laboratory only; nothing of it reaches a person",
        ),
        product=AMNIOTIC.code,
        profile=RuleProfile.RESEARCH_USE_ONLY,
    )
