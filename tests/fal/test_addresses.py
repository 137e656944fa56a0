"""The addresses from which we download files."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fal
from fal.addresses import origin

PARTS = ["https://", "http://", "fal.media", "v3.", "127.0.0.1", ":99", "evil.com", "//"]
PARTS.extend("@:/\\?#[]%.\t \n\x00e。ßA1")
STAND_IN = fal.Addresses(
    media=("http://127.0.0.1:99", "https://*.fal.media", "http://*.plain.test")
)


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("http://127.0.0.1:99/a.png", True),
        ("http://127.0.0.1/a.png", False),
        ("http://127.0.0.1:5432/a.png", False),
        ("http://localhost:99/a.png", False),
        ("https://v3.fal.media/a.png", True),
        ("http://127.0.0.1.evil.com:99/a.png", False),
        ("http://user@127.0.0.1:99/a.png", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("https://a.b.fal.media/a.png", True),
        ("https://v3.fal.media.evil.test/a.png", False),
        ("https://user@v3.fal.media/a.png", False),
        ("file:///etc/passwd", False),
        ("https://fal.media/a.png", False),
        ("ftp://127.0.0.1/a.png", False),
        ("HTTPS://V3.Fal.Media/a.png", True),
        ("https://v3.fal.media:/a.png", True),
        ("https://v3.fal.media?a", True),
        ("https://v3.fal.media:8443/a.png", False),
        ("https://v3.fal.media@evil.com/a.png", False),
        ("https://evil.com/@v3.fal.media/a.png", False),
        ("https://evil.com\\.fal.media/a.png", False),
        ("https://evil.com#.fal.media/a.png", False),
        ("https://v3.fal.media\\@evil.com/a.png", False),
        ("https://v3.fal.media\n/a.png", False),
        ("https://v3.fal.media/a\tb.png", False),
        ("https://evil。fal.media/a.png", False),
    ],
)
def test_an_explicit_port_is_the_only_allowed_port(url, may):
    assert STAND_IN.is_media(url) is may


@given(
    st.builds(
        "".join,
        st.lists(
            st.sampled_from(PARTS),
            max_size=9,
        ),
    )
)
def test_httpx_reads_allowed_addresses_the_same_way(url):
    if STAND_IN.is_media(url):
        scheme, host, port = origin(url)
        assert (scheme, host, port) == ("http", "127.0.0.1", 99) or (
            (scheme, port) == ("https", 443) and host.endswith(".fal.media")
        )
        assert not httpx.URL(url).userinfo
