"""Which call an address is; what is not one of fal's addresses is refused (C35)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.fal_proxy.target import Action, Host, InvalidTarget, Target, parse

ID = "764cabcf-b745-4b3e-ae38-1200304cf45b"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://queue.fal.run/a/b/c", Target(Host.QUEUE, "a/b/c", {})),
        ("https://queue.fal.run/a/b/", Target(Host.QUEUE, "a/b", {})),
        ("https://fal.run/a/b?x=1", Target(Host.RUN, "a/b", {"x": "1"})),
        (
            f"https://queue.fal.run/a/b/requests/{ID}/status?logs=1",
            Target(Host.QUEUE, "a/b", {"logs": "1"}, ID, Action.STATUS),
        ),
        (
            f"https://queue.fal.run/a/b/requests/{ID}",
            Target(Host.QUEUE, "a/b", {}, ID, Action.RESULT),
        ),
        (
            f"https://queue.fal.run/workflows/a/b/requests/{ID}/cancel",
            Target(Host.QUEUE, "workflows/a/b", {}, ID, Action.CANCEL),
        ),
        (
            f"https://queue.fal.run/a/b/requests/{ID}/status/stream",
            Target(Host.QUEUE, "a/b", {}, ID, Action.STREAM),
        ),
    ],
)
def test_addresses_of_fal_are_parsed(address: str, expected: Target) -> None:
    assert parse(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "",
        "fal.run/a/b",
        "http://fal.run/a/b",
        "https://fal.run.evil.com/a/b",
        "https://evilfal.run/a/b",
        "https://user@fal.run/a/b",
        "https://user:pw@queue.fal.run/a/b",
        "https://fal.run:8443/a/b",
        "https://fal.run:443/a/b",
        "https://127.0.0.1/a/b",
        "https://[::1]/a/b",
        "https://[fal.run/a/b",
        "https://evil.com\\@fal.run/a/b",
        "https://fal.run\\.evil.com/a/b",
        "https://fal.run /a/b",
        "https://fal.run\t/a/b",
        "https://api.fal.ai/v1/models",
        "https://xn--fal-run.run/a",
        "https://\uff46al.run/a/b",
        "file:///etc/passwd",
        "//fal.run/a/b",
        "https://queue.fal.run/a/b/requests/1/secrets",
        "https://fal.run/" + "a" * 5000,
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidTarget):
        parse(address)


@given(st.text(max_size=60))
def test_any_other_host_or_prefix_is_refused(text: str) -> None:
    for address in (text, f"https://{text}fal.run/a/b", f"https://fal.run{text}/a/b"):
        try:
            target = parse(address)
        except InvalidTarget:
            continue
        assert address.startswith(tuple(f"https://{host}" for host in Host))
        assert target.host in Host
