"""The headers of a download: names of any characters stay inside their header."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from portal.web.downloads import build_download


@pytest.mark.parametrize(
    "name", ['a"b.zip', "a\r\nSet-Cookie: x=y.zip", "Zoë Straße.zip", "a;b=c.zip", "../../etc/passwd", "文件.zip"]
)
@pytest.mark.asvs("A35")
def test_file_name_stays_inside_its_header(name: str) -> None:
    with Flask(__name__).test_request_context():
        response = build_download(io.BytesIO(b"x"), content_type="application/zip", file_name=name, size=1)
    header = response.headers["Content-Disposition"]
    assert header.startswith('attachment; filename="')
    assert header.count('"') == 2
    assert not {"\r", "\n"} & set(header)
    assert "Set-Cookie" not in response.headers
    assert header.isascii()
