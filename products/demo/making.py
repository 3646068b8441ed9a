"""Lots of each product, as they are registered here."""

from __future__ import annotations

from products.demo.house import House
from products.demo.laboratory import DemoLot, make_lot

YEAR, HALF_YEAR = 365, 182


def nebulised(house: House, number: str, made: int, entered: int | None = None) -> DemoLot:
    return make_lot(
        house,
        number,
        product="NEB",
        made=made,
        sources=["WCB-0101"],
        expires=_expiry(house, made, YEAR),
        entered=entered,
    )


def msc(house: House, number: str, made: int) -> DemoLot:
    expires = _expiry(house, made, YEAR)
    return make_lot(house, number, product="MSC", made=made, sources=["MCB-0102"], expires=expires)


def placental(house: House, number: str, made: int, source: str = "TS-0203") -> DemoLot:
    expires = _expiry(house, made, HALF_YEAR)
    return make_lot(house, number, product="PLA", made=made, sources=[source], expires=expires)


def amniotic(house: House, number: str, made: int) -> DemoLot:
    """Of a donor who has no determination: its profile does not ask for one."""
    expires = _expiry(house, made, HALF_YEAR)
    return make_lot(house, number, product="AMF", made=made, sources=["TS-0306"], expires=expires)


def refilled(house: House, number: str, made: int, *parents: str) -> DemoLot:
    expires = _expiry(house, made, HALF_YEAR)
    return make_lot(
        house, number, product="PLR", made=made, sources=[], parents=parents, expires=expires
    )


def _expiry(house: House, made: int, days: int) -> str:
    return house.calendar.day(made - days).isoformat()
