"""Actions on instruments and media lots."""

from __future__ import annotations

from datetime import date

from products.actions.base import Context, action
from products.actions.records import insert_once
from products.domain.roles import Permission
from products.models import Instrument, MediaLot


@action("instrument.register", permission=Permission.REGISTER)
def register_instrument(
    context: Context, *, code: str, model: str, serial_number: str
) -> Instrument:
    """Register an instrument that runs name.

    Raises:
        InvalidValueError: a missing code, model or serial number.
        DuplicateError: the code was used already.
    """
    instrument = Instrument(
        code=code.strip(),
        model=model.strip(),
        serial_number=serial_number.strip(),
        recorded_by=context.actor,
    )
    insert_once(
        instrument,
        Instrument.objects.filter(code__iexact=instrument.code),
        lambda taken: (
            f"Instrument code {instrument.code} was used already (as {taken.code}) and is never "
            "reused."
        ),
        "code",
    )
    return instrument


@action("media.register", permission=Permission.REGISTER)
def register_media_lot(
    context: Context, *, material: str, number: str, manufacturer: str, expires_on: date
) -> MediaLot:
    """Register a lot of medium, kit or reagent; ``material`` as methods name it, such as FTM.

    Raises:
        InvalidValueError: a missing material, number or manufacturer.
        DuplicateError: that lot of that material is registered.
    """
    media_lot = MediaLot(
        material=material.strip(),
        number=number.strip(),
        manufacturer=manufacturer.strip(),
        expires_on=expires_on,
        recorded_by=context.actor,
    )
    insert_once(
        media_lot,
        MediaLot.objects.filter(
            material__iexact=media_lot.material, number__iexact=media_lot.number
        ),
        lambda taken: f"{taken.material} lot {taken.number} is registered already.",
        "number",
    )
    return media_lot
