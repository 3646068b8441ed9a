"""QR codes (ISO/IEC 18004) on pages and prints."""

from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str, *, scale: int, border: int) -> SafeString:
    """``text`` as an SVG; ``scale`` in pixels a module, ``border`` in modules.

    The drawing holds the text as modules only, never as markup.
    """
    made = segno.make(text, error="m", micro=False)
    drawing = made.svg_inline(scale=scale, light="white", border=border)
    return mark_safe(drawing)  # noqa: S308  # made here of numbers and of words of our own
