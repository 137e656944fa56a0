"""Downloads: allowed addresses, the size limit, and requests without the key."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fal
from fal.messages.data_uri import decode_data_uri
from tests.fal.upstream import FakeQueue, Upstream

pytestmark = pytest.mark.anyio
PNG = b"\x89PNG" + bytes(range(256)) * 1000
URL = "https://v3.fal.media/files/x/a.png"


def file(content: bytes = PNG, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"content-type": "image/png", **headers})


def redirect(location: str) -> httpx.Response:
    return httpx.Response(302, headers={"location": location})


async def fetch_file(
    clients: fal.Clients, url: str, max_bytes: int = 1 << 20
) -> tuple[str, int | None, bytes]:
    async with clients.files.open(url, max_bytes=max_bytes) as stream:
        return stream.content_type, stream.size, b"".join([chunk async for chunk in stream])


async def test_c33_a_file_comes_with_type_and_size_and_no_authorization(connect):
    upstream = Upstream(file())
    clients = await connect(upstream)
    assert await fetch_file(clients, URL) == ("image/png", len(PNG), PNG)
    assert "authorization" not in upstream.requests[0].headers


async def test_c33_no_authorization_even_where_files_and_queue_share_a_host(connect):
    addresses = fal.Addresses(queue="http://127.0.0.1:9/queue", media=("http://127.0.0.1:9",))
    upstream = Upstream(file())
    clients = await connect(upstream, addresses=addresses)
    assert (await fetch_file(clients, "http://127.0.0.1:9/files/a.png"))[2] == PNG
    assert "authorization" not in upstream.requests[0].headers


@pytest.mark.parametrize("url", ["https://evil.test/x", "file:///etc/passwd", ""])
async def test_only_allowed_origins_are_requested(connect, url):
    upstream = Upstream(file())
    clients = await connect(upstream)
    with pytest.raises(fal.FileUnavailable):
        await fetch_file(clients, url)
    assert upstream.requests == []


async def test_redirects_are_followed_among_allowed_origins(connect):
    script = redirect("/b"), redirect("https://fal.media/c"), redirect("//v3b.fal.media/d")
    upstream = Upstream(*script, file())
    clients = await connect(upstream)
    assert (await fetch_file(clients, URL))[2] == PNG
    assert upstream.urls[1:] == [
        "https://v3.fal.media/b",
        "https://fal.media/c",
        "https://v3b.fal.media/d",
    ]


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://status.test/", fal.BadRedirect),
        ("http://[", fal.BadRedirect),
        ("http://169.254.169.254/latest/meta-data", fal.FileUnavailable),
        ("https://10.0.0.1/a.png", fal.FileUnavailable),
        ("https://[::1]/a.png", fal.FileUnavailable),
        ("http://localhost:5432/", fal.FileUnavailable),
    ],
)
async def test_redirects_to_error_pages_and_to_private_hosts_are_told_apart(
    connect, location, error
):
    upstream = Upstream(redirect(location))
    clients = await connect(upstream)
    with pytest.raises(fal.FileUnavailable) as caught:
        await fetch_file(clients, URL)
    assert (type(caught.value), upstream.urls) == (error, [URL])


async def test_a_local_stand_in_allows_no_other_port_of_this_machine(connect):
    """No connection is made to a forbidden port of an allowed host, directly or by redirect."""
    addresses = fal.Addresses(queue="http://127.0.0.1:9/queue", media=("http://127.0.0.1:9",))
    upstream = Upstream(redirect("http://127.0.0.1:5432/"))
    clients = await connect(upstream, addresses=addresses)
    for url in ("http://127.0.0.1:5432/a.png", "http://127.0.0.1:9/a.png"):
        with pytest.raises(
            fal.FileUnavailable, match=r"http://127\.0\.0\.1:5432: it is not one"
        ) as caught:
            await fetch_file(clients, url)
        assert type(caught.value) is fal.FileUnavailable  # a final error, which is not retried
    assert upstream.urls == ["http://127.0.0.1:9/a.png"]


@pytest.mark.parametrize(
    ("status", "content_range", "is_whole"),
    [
        (206, f"bytes 0-{len(PNG) - 1}/{len(PNG)}", True),
        (206, f"bytes 0-{len(PNG) - 2}/{len(PNG)}", False),
        (206, "bytes 1-2/3", False),
        (206, f"bytes 0-{len(PNG) - 1}/*", False),
        (206, "", False),
        (202, "", False),
        (204, "", False),
    ],
)
async def test_an_incomplete_file_is_refused(connect, status, content_range, is_whole):
    answer = httpx.Response(status, content=PNG, headers={"content-range": content_range})
    clients = await connect(Upstream(answer))
    if is_whole:
        assert (await fetch_file(clients, URL))[2] == PNG
        return
    with pytest.raises(fal.FileUnavailable, match=str(status)) as caught:
        await fetch_file(clients, URL)
    assert caught.value.status == status


async def test_a_fourth_redirect_is_refused(connect):
    upstream = Upstream(redirect(URL))
    clients = await connect(upstream)
    with pytest.raises(fal.FileUnavailable, match="more than 3 redirects"):
        await fetch_file(clients, URL)
    assert len(upstream.requests) == 4


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_an_expired_file_is_gone_and_not_a_key_error(connect, status):
    upstream = Upstream(httpx.Response(status))
    clients = await connect(upstream)
    with pytest.raises(fal.FileUnavailable, match=str(status)) as caught:
        await fetch_file(clients, URL)
    assert not caught.value.is_retryable


async def test_a_failing_host_is_retryable(connect):
    clients = await connect(Upstream(httpx.Response(503)))
    with pytest.raises(fal.UpstreamFailed) as caught:
        await fetch_file(clients, URL)
    assert caught.value.is_retryable


async def test_c33_a_size_beyond_the_limit_is_refused_before_a_byte_is_read(connect):
    clients = await connect(Upstream(file()))
    with pytest.raises(fal.FileUnavailable, match="larger than the 1,000 bytes"):
        async with clients.files.open(URL, max_bytes=1000):
            pytest.fail("the file must not open")


async def test_c33_a_file_without_a_size_is_cut_off_at_the_limit(connect):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 16)

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=endless())

    clients = await connect(Upstream(answer))
    seen = 0
    with pytest.raises(fal.FileUnavailable, match="larger"):  # noqa: PT012  bytes up to the limit come
        async with clients.files.open(URL, max_bytes=1 << 20) as stream:
            assert (stream.content_type, stream.size) == ("", None)
            async for chunk in stream:
                seen += len(chunk)
    assert seen == 1 << 20


async def test_c32_results_keep_their_seed_and_every_kind_of_file_address(connect):
    text = (
        '{"images":[{"url":"https://v3.fal.media/a.png","width":8}],"seed":196619188014358660,'
        '"deep":{"mask":{"url":"data:image/png;base64,aGk="}},"audio_url":"https://fal.media/a.mp3",'
        '"scale":1.0,"big":123456789012345678901234567890}'
    )
    queue = FakeQueue(text)
    clients = await connect(queue)
    handle = await clients.queue.submit("fal-ai/flux", {})
    for _ in range(3):
        await clients.queue.status(handle)
    result = await clients.queue.result(handle)
    assert result.text == text
    assert result.output["seed"] == 196619188014358660
    assert result.output["big"] == 123456789012345678901234567890
    uri = result.output["deep"]["mask"]["url"]
    assert await fetch_file(clients, uri) == ("image/png", 2, b"hi")


URIS = [
    ("data:image/png;base64," + base64.b64encode(PNG).decode(), "image/png", PNG),
    ("DATA:IMAGE/PNG;BASE64,aGk=", "image/png", b"hi"),
    ("data:;base64,aGk", "text/plain", b"hi"),
    ("data:audio/wav;x=1;base64,_-8%3D", "audio/wav", b"\xff\xef"),
    ("data:x/y;base64,aG\nk=", "x/y", b"hi"),
    ("data:,a%20b", "text/plain", b"a b"),
    ("data:text/plain;charset=utf-8,Zo%C3%AB", "text/plain", "Zoë".encode()),
    ("data:x/y,", "x/y", b""),
]


@pytest.mark.parametrize(("uri", "kind", "content"), URIS)
async def test_c33_data_uris_are_read_like_files(connect, uri, kind, content):
    upstream = Upstream()
    clients = await connect(upstream)
    assert await fetch_file(clients, uri) == (kind, len(content), content)
    assert upstream.requests == []


@pytest.mark.parametrize(
    "uri",
    ["data:", "data:image/png;base64", "data:x/y;base64,a", "data:x/y;base64,ä", "data:;base64,*"],
)
async def test_c33_a_malformed_data_uri_is_refused(connect, uri):
    clients = await connect(Upstream())
    with pytest.raises(fal.FileUnavailable):
        await fetch_file(clients, uri)


@pytest.mark.parametrize("content", [b"x" * 1001, b"x" * 100_000])
@pytest.mark.parametrize("is_base64", [True, False])
async def test_c33_data_uris_have_the_same_limit(connect, content, is_base64):
    uri = (
        f"data:;base64,{base64.b64encode(content).decode()}"
        if is_base64
        else f"data:,{'x' * len(content)}"
    )
    clients = await connect(Upstream())
    with pytest.raises(fal.FileUnavailable, match="larger"):
        await fetch_file(clients, uri, max_bytes=1000)


@given(st.binary(max_size=200))
def test_any_bytes_round_trip_through_a_data_uri(content):
    uri = f"data:x/y;base64,{base64.b64encode(content).decode()}"
    assert decode_data_uri(uri, max_bytes=len(content)) == ("x/y", content)


@given(st.text(max_size=60))
def test_any_text_is_a_data_uri_or_refused(text):
    try:
        _, content = decode_data_uri(f"data:{text}", max_bytes=100)
    except fal.FileUnavailable:
        return
    assert len(content) <= 100
