"""Posts reach only IP addresses that were checked; each kind of failure has a sentence."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from features.notifications.delivery import webhook_addresses
from features.notifications.delivery.http_client import VettedTransport, post
from features.notifications.delivery.messages import Outcome

HOOK = "https://hooks.example.com/secret"
Answer = Callable[[httpx.Request], httpx.Response]


def send(answer: Answer, *addresses: str, to: str = HOOK, timeout_s: float = 5.0) -> Outcome:
    """Post to an address whose name resolves to `addresses`."""

    async def resolve(host: str, port: int) -> list[str]:
        if not addresses:
            raise OSError("no such name")
        return list(addresses)

    async def run() -> Outcome:
        inner = httpx.MockTransport(answer)
        transport = VettedTransport(["http://127.0.0.1:9"], inner=inner, resolve=resolve)
        return await post(to, b"{}", {}, transport, timeout_s)

    return asyncio.run(run())


def test_the_connection_goes_to_the_vetted_address_and_tls_checks_the_name():
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    assert send(answer, "93.184.216.34") == Outcome(204)
    (request,) = seen
    assert request.url.host == "93.184.216.34"
    assert request.headers["host"] == "hooks.example.com"
    assert request.extensions["sni_hostname"] == "hooks.example.com"


def test_the_next_address_is_tried_after_a_refused_connection():
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("2606"):
            raise httpx.ConnectError("no route")
        return httpx.Response(200)

    assert send(answer, "2606:4700::1", "93.184.216.34").status == 200


@pytest.mark.parametrize(
    ("addresses", "to"),
    [
        (["10.0.0.1"], HOOK),
        (["93.184.216.34", "127.0.0.1"], HOOK),
        (["93.184.216.34"], "http://hooks.example.com/"),
    ],
    ids=["private", "one-private", "http"],
)
def test_nothing_is_sent_to_a_private_address(addresses, to):
    def answer(request: httpx.Request) -> httpx.Response:
        raise AssertionError("it was sent")

    outcome = send(answer, *addresses, to=to)
    assert outcome.is_permanent
    assert outcome.status is None


def test_a_configured_private_origin_is_called():
    assert send(lambda _: httpx.Response(200), to="http://127.0.0.1:9/x") == Outcome(200)


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (302, {"location": "http://10.0.0.1/"}, (True, 0.0)),
        (410, {}, (True, 0.0)),
        (500, {}, (False, 0.0)),
        (429, {"retry-after": "120"}, (False, 120.0)),
        (503, {"retry-after": "999999"}, (False, 3600.0)),
    ],
    ids=["redirect", "gone", "error", "later", "much-later"],
)
def test_the_response_status_decides_about_a_retry(status, headers, expected):
    outcome = send(lambda _: httpx.Response(status, headers=headers), "93.184.216.34")
    assert outcome.status == status
    assert (outcome.is_permanent, outcome.retry_after_s) == expected
    assert outcome.error


def test_a_connection_error_does_not_quote_the_secret_address():
    def break_off(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError(f"broke at {request.url}")

    errors = [send(break_off, "93.184.216.34").error, send(break_off).error]
    assert errors == ["The connection broke (ReadError).", "Its host name was not found."]


def test_a_silent_receiver_times_out():
    async def run() -> Outcome:
        async def hang(request: httpx.Request) -> httpx.Response:
            await asyncio.sleep(60)
            raise AssertionError

        transport = VettedTransport(["http://127.0.0.1:9"], inner=httpx.MockTransport(hang))
        return await post("http://127.0.0.1:9/", b"", {}, transport, 0.05)

    assert "no answer within 0.05 seconds" in asyncio.run(run()).error


HOUSE = ["http://n8n.internal:5678"]


@pytest.mark.parametrize(
    "address",
    [
        "https://hooks.slack.com/services/T/B/x",
        "https://example.com:8443/hook?a=1",
        "https://xn--mnchen-3ya.example/hook",
        "https://93.184.216.34/",
        "https://[2606:4700::1111]/",
        "http://n8n.internal:5678/webhook/1",
    ],
)
def test_public_and_configured_addresses_are_accepted(address):
    assert webhook_addresses.check(address, HOUSE).host


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://example.com/hook",
        "file:///etc/passwd",
        "https://user:secret@example.com/",
        "https://localhost/",
        "https://intranet/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1:8080/",
        "https://0.0.0.0/",
        "http://n8n.internal:5679/",
        "https://n8n.internal:5678@example.com/",
        "https://example.com/\x00",
        "https://example.com/" + "a" * 2000,
        "https://[bad/",
    ],
)
def test_other_addresses_are_refused_with_a_reason(address):
    with pytest.raises(webhook_addresses.RefusedAddress) as refusal:
        webhook_addresses.check(address, HOUSE)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "address", ["fec0::1", "224.0.0.1", "ff0e::1", "100.64.0.1", "192.0.0.192"]
)
def test_a_host_name_must_resolve_to_public_addresses(address):
    assert not webhook_addresses.is_public(address)
    with pytest.raises(webhook_addresses.RefusedAddress):
        webhook_addresses.require_public(["93.184.216.34", address])
