"""The words on the pages of a PDF as Chromium writes it, without a library for it.

Its fonts are subsets whose glyphs only their own tables give back as characters.
"""

from __future__ import annotations

import re
import zlib

OBJECT = re.compile(rb"\n(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"\bstream\r?\n(.*)", re.DOTALL)
SHOWN = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>")
PAIR = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4})>(?: <([0-9A-Fa-f]+)>)?")


def words_of_pages(pdf: bytes) -> list[str]:
    """Of each page all that it shows, in the order of drawing and without spaces."""
    objects = {int(number): body for number, body in OBJECT.findall(b"\n" + pdf)}
    return [
        _shown(body, objects) for body in objects.values() if re.search(rb"/Type /Page\b", body)
    ]


def _shown(page: bytes, objects: dict[int, bytes]) -> str:
    fonts = {
        name: _letters(objects[int(number)], objects)
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    contents = re.search(rb"/Contents (\d+) 0 R", page)
    assert contents is not None
    words, letters = [], dict[int, str]()
    for font, glyphs in SHOWN.findall(_stream(objects[int(contents[1])])):
        letters = fonts[font] if font else letters
        pairs = (glyphs[at : at + 4] for at in range(0, len(glyphs), 4))
        words += [letters.get(int(pair, 16), "") for pair in pairs]
    return "".join(words).replace(" ", "").replace("\xa0", "")


def _letters(font: bytes, objects: dict[int, bytes]) -> dict[int, str]:
    table = re.search(rb"/ToUnicode (\d+) 0 R", font)
    assert table is not None
    found: dict[int, str] = {}
    for first, last, start in PAIR.findall(_stream(objects[int(table[1])])):
        if start:
            glyphs = range(int(first, 16), int(last, 16) + 1)
            found |= {glyph: chr(int(start, 16) + at) for at, glyph in enumerate(glyphs)}
        else:
            found[int(first, 16)] = chr(int(last, 16))
    return found


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    assert found is not None
    # It says itself where it ends; what follows is not of it.
    return zlib.decompressobj().decompress(found[1]) if b"/FlateDecode" in body else found[1]
