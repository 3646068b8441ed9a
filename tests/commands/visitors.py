"""People at the admin, without a browser: they read pages and fill in forms."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar


class Visitor:
    """Somebody with a browser that keeps cookies and fills in forms."""

    def __init__(self, url: str) -> None:
        self.url, self.cookies = url, CookieJar()
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def fill_in(self, path: str, **form: str) -> str:
        """The page that answers."""
        page = self.browser.open(f"{self.url}{path}").read().decode()
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        sent = urllib.parse.urlencode(hidden | form).encode()
        answer: bytes = self.browser.open(f"{self.url}{path}", sent).read()
        return answer.decode()

    def signs_in(self, username: str, password: str) -> bool:
        self.fill_in("/admin/login/", username=username, password=password, next="/healthz")
        return any(cookie.name == "sessionid" for cookie in self.cookies)


def writing_token(url: str, password: str) -> str:
    """Issued by quality to herself, as the guide says."""
    visitor = Visitor(url)
    assert visitor.signs_in("quality", password)
    page = visitor.fill_in(
        "/admin/products/apitoken/add/",
        purpose="To try the API",
        scope="write",
        kind="personal",
        days="1",
        username="",
    )
    (token,) = re.findall(r"\b[0-9a-f]{64}\b", page)
    return str(token)
