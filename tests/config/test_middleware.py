"""Pages are compressed as the browser prefers, files never; other sites get no hold of a page."""

import gzip

import pytest
from django.http import HttpResponse

from config.middleware import CompressTexts, lower_forwarded_proto

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("gzip", "gzip"),
        ("", ""),
        ("identity", ""),
    ],
)
def test_pages_are_compressed(client, user, accepted, encoding):
    client.force_login(user)
    response = client.get("/runs/", headers={"accept-encoding": accepted})
    assert response.headers.get("Content-Encoding", "") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    content = gzip.decompress(response.content) if encoding else response.content
    assert b">Results</h1>" in content
    assert int(response.headers["Content-Length"]) == len(response.content)


@pytest.mark.parametrize(
    ("content_type", "is_compressed"),
    [("application/json", True), ("image/png", False), ("video/mp4", False)],
)
def test_texts_are_compressed_but_not_media(rf, content_type, is_compressed):
    request = rf.get("/", headers={"accept-encoding": "gzip"})
    compress = CompressTexts(lambda request: HttpResponse())
    response = compress.process_response(
        request, HttpResponse("x" * 5000, content_type=content_type)
    )
    assert response.has_header("Content-Encoding") == is_compressed


def test_the_policy_allows_no_inline_script_or_style(client, user):
    client.force_login(user)
    policy = client.get("/runs/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("asker", ["cross-site", "same-site", "nonsense", None])
def test_pages_are_isolated_from_their_opener(client, asker):
    headers = {"sec-fetch-site": asker} if asker else {}
    for address in ("/login/", "/static/nothing.js", "/admin/login/"):
        response = client.get(address, headers=headers)
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("asker", ["none", "same-origin"])
def test_pages_opened_directly_keep_their_browser_process(client, asker):
    response = client.get("/login/", headers={"sec-fetch-site": asker})
    assert "Cross-Origin-Opener-Policy" not in response.headers


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_a_proxy_may_write_the_scheme_in_capitals(rf, settings, scheme):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    respond = lower_forwarded_proto(lambda request: HttpResponse(request.scheme or ""))
    response = respond(rf.get("/", headers={"x-forwarded-proto": scheme}))
    assert getattr(response, "content", b"") == b"https"
