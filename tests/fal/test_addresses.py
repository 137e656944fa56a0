"""Which addresses may hand us a file."""

from __future__ import annotations

import pytest

import fal

STAND_IN = fal.Addresses(media=("http://127.0.0.1:99", "https://*.fal.media"))


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("http://127.0.0.1:99/a.png", True),
        ("http://127.0.0.1/a.png", False),
        ("http://127.0.0.1:5432/a.png", False),
        ("http://localhost:99/a.png", False),
        ("https://v3.fal.media/a.png", True),
        ("https://127.0.0.1:99/a.png", False),
        ("http://127.0.0.1.evil.com:99/a.png", False),
        ("http://user@127.0.0.1:99/a.png", False),
        ("http://127.0.0.2:99/a.png", False),
        ("http://v3.fal.media/a.png", False),
        ("https://fal.media/a.png", False),
        ("ftp://127.0.0.1/a.png", False),
        ("http://[broken", False),
        ("https://xn--a/a.png", False),
        ("", False),
    ],
)
def test_a_port_that_is_named_is_the_only_one_that_is_asked(url: str, may: bool) -> None:
    assert STAND_IN.is_media(url) is may
