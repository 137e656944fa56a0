"""A client of the application whose calls run within the test's transaction."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from api import tokens
from api.cli.client import Client


@pytest.fixture
def client_of(user: Any) -> Any:
    _, secret = tokens.create(user, "command line")
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    transport = httpx.WSGITransport(app=get_wsgi_application(), raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(transport=transport, base_url="http://testserver", headers=headers) as http:
        yield Client(http, can_hold=False)
    for signal in signals:
        signal.connect(close_old_connections)
