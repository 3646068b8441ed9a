"""Evidence over the API: taken as a form, told by content, given back only as an attachment."""

from __future__ import annotations

from hashlib import sha256

import pytest

from products.domain.evidence import LARGEST
from products.models import Evidence
from tests.api.clients import BASE, ApiClient, client_of, made, problem, refusal
from tests.records import lot, opened_run

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
PDF = b"%PDF-1.7\n%%EOF\n"
PAGE = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def analyst() -> ApiClient:
    lot()
    return client_of("analyst")


def attached(analyst: ApiClient, name: str = "report.pdf", content: bytes = PDF) -> str:
    return str(made(analyst.attach(name, content, kind="lot", key=LOT))["id"])


def test_a_file_is_attached_listed_and_given_back_as_it_came(analyst: ApiClient) -> None:
    response = analyst.attach(
        "Report 7.pdf", PDF, kind="lot", key=LOT.lower(), description="Signed report"
    )

    file = made(response)
    assert response.headers["Location"] == f"/api/v1/evidence/{file['id']}/"
    assert (file["name"], file["media_type"], file["size"]) == (
        "Report 7.pdf",
        "application/pdf",
        len(PDF),
    )
    assert (file["kind"], file["key"]) == ("lot", LOT)
    assert file["sha256"] == sha256(PDF).hexdigest()
    assert made(analyst.get(f"evidence/{file['id']}/")) == file
    assert made(analyst.get("evidence/", {"lot": LOT}))["results"] == [file]
    assert analyst.get(file["content"]).content == PDF


def test_a_file_is_never_rendered_by_a_browser(analyst: ApiClient) -> None:
    answer = analyst.get(f"evidence/{attached(analyst, 'page.html', PAGE)}/content/")

    assert answer.content == PAGE
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ('a"b.pdf', 'attachment; filename="a\\"b.pdf"'),
        ("Protokoll Prüfung.pdf", "attachment; filename*=utf-8''Protokoll%20Pr%C3%BCfung.pdf"),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("a\x01b.pdf", 'attachment; filename="ab.pdf"'),
    ],
)
def test_the_name_of_a_file_is_safe_in_a_header(analyst: ApiClient, name: str, header: str) -> None:
    answer = analyst.get(f"evidence/{attached(analyst, name)}/content/")

    assert answer.headers["Content-Disposition"] == header


def test_bytes_that_are_known_are_not_sent_again(analyst: ApiClient) -> None:
    address = f"evidence/{attached(analyst)}/content/"
    tag = f'"{sha256(PDF).hexdigest()}"'

    first = analyst.get(address)
    again = analyst.get(address, if_none_match=tag)

    assert first.headers["ETag"] == again.headers["ETag"] == tag
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("extra", [1, 70_000])
def test_a_file_of_more_than_25_megabytes_is_refused(analyst: ApiClient, extra: int) -> None:
    refused = analyst.attach("scan.txt", b"x" * (LARGEST + extra), kind="lot", key=LOT)

    assert refusal(refused) == (413, "body_too_large")
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("report.pdf", b"MZ\x90\x00"), ("a.zip", b"PK\x03\x04"), ("empty.pdf", b"")],
)
def test_a_file_of_another_type_is_refused(analyst: ApiClient, name: str, content: bytes) -> None:
    refused = analyst.attach(name, content, kind="lot", key=LOT)

    assert refusal(refused) == (422, "evidence_type_refused")


def test_the_same_file_twice_on_one_record_is_refused(analyst: ApiClient) -> None:
    attached(analyst)

    assert refusal(analyst.attach("b.pdf", PDF, kind="lot", key=LOT)) == (409, "already_exists")


def test_what_the_form_lacks_or_misnames_is_said(analyst: ApiClient) -> None:
    def sent(**fields: str) -> tuple[int, str]:
        return refusal(analyst.attach("a.pdf", PDF, **fields))

    without = analyst.http.post(f"{BASE}/evidence/", {"kind": "lot", "key": LOT})
    text = analyst.http.post(f"{BASE}/evidence/", {"kind": "lot", "key": LOT, "file": "text"})

    assert sent(kind="lot", key="NOPE") == (422, "unknown_reference")
    assert sent(kind="shelf", key=LOT) == (422, "invalid_value")
    assert sent(kind="lot", key=LOT, lot=LOT) == (422, "unknown_field")
    assert problem(without)["field"] == problem(text)["field"] == "file"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\nContent-Disposition: form-data; name=kind\r\n\r\nlot\r\n" * 2 + b"--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 1001 + b"--x--\r\n",
        b"--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n1\r\n" * 101
        + b"--x--\r\n",
        (
            b"--x\r\nContent-Disposition: form-data; name=a\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n"
        ),
    ],
    ids=["nothing", "twice", "many fields", "many files", "no base64"],
)
def test_a_form_that_cannot_be_read_is_refused(analyst: ApiClient, body: bytes) -> None:
    refused = analyst.http.post(
        f"{BASE}/evidence/", body, content_type="multipart/form-data; boundary=x"
    )

    assert refused.status_code in {400, 422}
    assert problem(refused)["code"] in {"malformed_body", "invalid_value", "unknown_field"}


def test_a_form_without_a_boundary_is_refused(analyst: ApiClient) -> None:
    refused = analyst.http.post(f"{BASE}/evidence/", b"x", content_type="multipart/form-data")

    assert refusal(refused) == (400, "malformed_body")


def test_json_instead_of_a_form_is_refused(analyst: ApiClient) -> None:
    assert refusal(analyst.post("evidence/", {})) == (415, "unsupported_media_type")


def test_files_are_found_by_what_they_belong_to(analyst: ApiClient) -> None:
    run = opened_run().number
    of_lot = attached(analyst)
    of_run = made(analyst.attach("run.pdf", PDF, kind="run", key=run))["id"]
    of_method = made(analyst.attach("sop.pdf", PDF, kind="method", key="VIA-01 v1"))

    def found(**query: str) -> list[str]:
        return [row["id"] for row in made(analyst.get("evidence/", query))["results"]]

    assert found(lot=LOT) == [of_run, of_lot]
    assert found(run=run) == found(kind="run") == [of_run]
    assert found(kind="method") == found(method="via-01") == [of_method["id"]]
    assert of_method["key"] == "VIA-01 v1"
    assert len(found(sha256=sha256(PDF).hexdigest())) == 3


def test_a_file_that_there_is_not_is_not_found(analyst: ApiClient) -> None:
    key = "00000000-0000-0000-0000-000000000000"

    assert refusal(analyst.get(f"evidence/{key}/")) == (404, "not_found")
    assert refusal(analyst.get(f"evidence/{key}/content/")) == (404, "not_found")
