"""Fixtures for calling the API with a token."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from api import tokens

BASE = "/api/v1"


class Caller:
    """Calls API operations as a person, with a token that has the given scopes."""

    def __init__(self, person: Any, scopes: list[str]) -> None:
        _, self.secret = tokens.create(person, f"test of {' '.join(scopes)}", scopes)
        self._client = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Call an operation and return its response; `body` is sent as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        more: dict[str, Any] = {}
        if body is not None:
            more = {"data": json.dumps(body), "content_type": "application/json"}
        return self._client.generic(method, BASE + path, headers=named, **more)

    def file(self, path: str, **fields: Any) -> Any:
        """Send files as a multipart form; return the response."""
        return self._client.post(BASE + path, fields)

    def get_page(self, path: str) -> Any:
        """Return the response for a URL outside the API."""
        return self._client.get(path)


@pytest.fixture
def call(user: Any) -> Caller:
    """`call("GET", "/models?q=flux")` as `user`, with the scopes read and run."""
    return Caller(user, ["read", "run"])


@pytest.fixture
def caller() -> Callable[..., Caller]:
    """`caller(person, "read", "curate")` → a Caller of this person with these scopes."""
    return lambda person, *scopes: Caller(person, list(scopes))
