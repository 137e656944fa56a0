"""Where passkeys work, by the host that a browser asks for."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from accounts.second_factor import origins


@pytest.mark.parametrize(
    ("host", "public_url", "bound_to"),
    [
        ("localhost", "", "localhost"),
        ("localhost", "https://vitrine.example", "localhost"),
        ("vitrine.example", "https://vitrine.example:8443", "vitrine.example"),
        ("a.vitrine.example", "https://vitrine.example", "vitrine.example"),
        ("evilvitrine.example", "https://vitrine.example", "evilvitrine.example"),
    ],
)
def test_passkeys_are_bound_to_a_host(host: str, public_url: str, bound_to: str) -> None:
    assert origins.relying_party_id(host, public_url) == bound_to


@pytest.mark.parametrize(
    ("host", "scheme", "sentence"),
    [
        ("localhost:8000", "http", ""),
        ("a.localhost", "http", ""),
        ("vitrine.example", "https", ""),
        ("vitrine.example", "http", "Passkeys need HTTPS"),
        ("127.0.0.1:8000", "http", "open http://localhost:8000"),
        ("[::1]:8000", "http", "open http://localhost:8000"),
        ("192.0.2.1", "https", "not the number 192.0.2.1"),
    ],
)
def test_obstacles_are_said(host: str, scheme: str, sentence: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    secure: Any = {"secure": scheme == "https"}
    request = RequestFactory().get("/", headers={"host": host}, **secure)
    text = origins.obstacle(request)
    assert text.startswith("Passkeys need") == bool(sentence)
    assert sentence in text
