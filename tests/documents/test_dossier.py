"""The page of a dossier: text, whatever it looks like, and nothing from elsewhere."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from products.documents.dossier import Link, Section, page, readme, sums


class Read(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def made(text: str) -> Read:
    sections = [
        Section(text, [text], [[text], [Link(text, "files/001.pdf")]]),
        Section("Holds", ["No."], []),
    ]
    return Read(b"".join(page(text, [(text, text), ("Basis", "")], sections)).decode())


@given(st.text(st.characters(exclude_characters="\x00\r", exclude_categories=["Cs"])))
def test_no_text_becomes_a_tag(text: str) -> None:
    assert made(text).tags == made("plain").tags


def test_what_is_recorded_is_shown_as_it_is() -> None:
    read = made('<script>alert("&")</script>')

    assert read.text.count('<script>alert("&")</script>') == 8
    assert "None." in read.text
    assert "none" in read.text


def test_a_page_runs_and_loads_nothing() -> None:
    tags = made("plain").tags

    assert not {"script", "img", "link", "iframe", "form"} & {tag for tag, _ in tags}
    assert {attributes["href"] for tag, attributes in tags if tag == "a"} == {"files/001.pdf"}
    policies = [of["content"] for tag, of in tags if "http-equiv" in of]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_a_dossier_says_what_lies_where_and_that_a_trail_is_missing() -> None:
    told = {"lot": "A/1", "at": "2026-11-30T12:00:00+00:00", "account": "a", "version": "1"}

    whole = readme(**told, has_trail=True).decode()
    assert whole.splitlines()[:2] == ["Dossier of lot A/1", "=================="]
    assert "trail/keys.txt" in whole
    assert "may not read the whole trail" in readme(**told, has_trail=False).decode()


def test_sums_are_as_programs_check_them() -> None:
    assert sums([("a/b.json", "00ff")]) == b"00ff  a/b.json\n"
