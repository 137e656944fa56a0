"""How browsers get pictures: without a session, cached for ever, in ranges; no other files."""

import asyncio
from typing import Any

import pytest

from catalog.pictures import picture_files
from tests.tables import each_row

pytestmark = pytest.mark.usefixtures("media")
BASE = "0123456789abcdef01234567"


def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body, as the server sends them."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }
    asyncio.run(picture_files.serve(scope, send))
    start, body = sent
    return (
        start["status"],
        {k.decode(): v.decode() for k, v in start["headers"]},
        body["body"],
    )


def put(kind: str, data: bytes) -> str:
    name = picture_files.write(picture_files.name(BASE, kind), data)
    return f"/pictures/{name.rpartition('/')[2]}"


def test_a_picture_is_served_with_an_immutable_cache_header():
    status, headers, body = ask(put("-s.webp", b"RIFF"))
    assert (status, body) == (200, b"RIFF")
    assert headers["content-type"] == "image/webp"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-length"] == "4"
    again = ask(f"/pictures/{BASE}-s.webp", if_none_match=headers["etag"])
    assert (again[0], again[2]) == (304, b"")
    assert ask(f"/pictures/{BASE}-s.webp", "HEAD")[1:] == (headers, b"")


@each_row(
    ("wanted", "status", "body", "span"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=4-", 206, b"456789", "bytes 4-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=0-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=" + "9" * 5000 + "-", 200, b"0123456789", None),
    ],
)
def test_a_clip_is_served_in_ranges(wanted, status, body, span):
    response_status, headers, part = ask(put(".mp4", b"0123456789"), range=wanted)
    assert (response_status, headers.get("content-range")) == (status, span)
    assert headers["accept-ranges"] == "bytes"
    if status < 400:
        assert part == body
        assert headers["content-type"] == "video/mp4"


@each_row(
    "path",
    [
        f"/pictures/{BASE}-s.webp", "/pictures/", "/pictures/../vitrine.sqlite3",
        f"/pictures/{BASE}-s.webp/../../x", f"/pictures/{BASE}-x.webp",
        f"/pictures/{BASE.upper()}-s.webp", f"/pictures/{BASE}-s.webp\n",
    ],
)  # fmt: skip
def test_other_paths_are_not_served(path):
    status, headers, _ = ask(path)
    assert status == 404
    assert "immutable" not in headers.get("cache-control", "")


def test_a_post_to_a_picture_is_refused():
    assert ask(put("-s.webp", b"RIFF"), "POST")[0] == 405


def test_a_truncated_picture_file_is_written_again():
    name = picture_files.name(BASE, "-l.webp")
    assert picture_files.write(name, b"") == ""
    assert picture_files.write(name, b"cut") == picture_files.write(name, b"whole") == name
    assert ask(f"/pictures/{BASE}-l.webp")[2] == b"whole"
