"""Records as JSON Lines: one object a line, UTF-8, exactly as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from products.documents.cells import Row, json_text

AT_ONCE = 65_536
"""Characters that are gathered before they are sent."""


def json_lines(rows: Iterable[Row]) -> Iterator[bytes]:
    gathered: list[str] = []
    size = 0
    for row in rows:
        line = json_text(row)
        gathered.append(line)
        size += len(line)
        if size >= AT_ONCE:
            yield "".join(f"{line}\n" for line in gathered).encode()
            gathered, size = [], 0
    yield "".join(f"{line}\n" for line in gathered).encode()
