"""A demonstration database says on every page that it is one."""

from __future__ import annotations

from tests.admin.pages import Visitor, address, visitor


def test_a_demonstration_says_so_on_every_page(demo_db: str) -> None:
    reader = visitor("auditor")

    assert "DEMO DATA" in reader.open("/admin/")
    assert "DEMO DATA" in reader.open(address("lot_changelist"))
    assert "DEMO DATA" in Visitor().open("/admin/login/")
