"""Webhooks go to public https addresses, and to private origins that the house has named."""

from __future__ import annotations

import pytest

from notifications.delivery import vetting

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
def test_public_and_configured_addresses_are_accepted(address: str) -> None:
    assert vetting.check(address, HOUSE).host


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hook",
        "http://example.com/hook",
        "ftp://example.com/hook",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@example.com/",
        "https://localhost/",
        "https://app.localhost/",
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
        "https://example.com/a b",
        "https://example.com/\x00",
        "https://example.com/" + "a" * 2000,
        "https://xn--a/",
        "https://[bad/",
    ],
)
def test_other_addresses_are_refused_with_a_reason(address: str) -> None:
    with pytest.raises(vetting.RefusedAddress) as refusal:
        vetting.check(address, HOUSE)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    "address", ["fec0::1", "224.0.0.1", "ff0e::1", "100.64.0.1", "192.0.0.192"]
)
def test_a_host_name_must_resolve_to_public_addresses(address: str) -> None:
    assert not vetting.is_public(address)
    with pytest.raises(vetting.RefusedAddress):
        vetting.require_public(["93.184.216.34", address])
