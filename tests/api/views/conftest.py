"""Calls the proxy as fal's clients do."""

from typing import Any

import pytest
from django.test import Client

from api import tokens
from tests.api.views.proxy_call import FLUX, Call, send


@pytest.fixture
def endpoint(make_endpoint: Any) -> Any:
    return make_endpoint(FLUX)


@pytest.fixture
def call(user: Any) -> Call:
    """`call("POST", target, body)` through the proxy, with a token in place of fal's key."""
    _, secret = tokens.create(user, "n8n", ["run"])
    browser = Client(headers={"Authorization": f"Key {secret}"})
    return lambda *call, **more: send(browser, *call, **more)
