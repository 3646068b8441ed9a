"""Pages travel compressed; what the API sends does not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressedPages(GZipMiddleware):
    """HTML alone, which is long and alike: the charts of a lot shrink to a twentieth.

    Files and answers of the API keep the bytes that their hashes and ETags speak of. Django adds
    random bytes, so that the length of a page that shows what was typed tells little (BREACH).
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
