"""Pages are read and sent: any other method is refused before anybody asks who sends it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

OF_PAGES = ("GET", "HEAD", "POST")
# It says for each address which methods there are, as a problem document.
API = "/api/"


class OnlyMethodsOfPages:
    """Views of pages ask whether a request is a POST, and would take PUT or DELETE for a GET."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in OF_PAGES and not request.path_info.startswith(API):
            return HttpResponseNotAllowed(OF_PAGES)
        return self.get_response(request)
