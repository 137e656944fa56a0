"""Answers about a retired model say since when, and which one takes over."""

import json
from datetime import UTC, datetime

import pytest

from api import tokens

AT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("GET", "/api/v1/models/lab/old", None),
        ("POST", "/api/v1/runs", {"endpoint_id": "lab/old", "arguments": {}}),
        ("POST", "/api/fal/queue/lab/old", {}),
        ("POST", "/api/openai/v1/images/generations", {"model": "lab/old", "prompt": "a fox"}),
    ],
)
def test_answers_name_the_deputy_of_a_retired_model(
    client, user, make_endpoint, method, address, body
):
    blocked = {"mark": "blocked", "mark_reason": "Too dear.", "marked_at": AT}
    deputy = make_endpoint("lab/new")
    make_endpoint("lab/old", {"paths": {}}, facts=["out:image"], deputy=deputy, **blocked)
    _, secret = tokens.create(user, "program", ["read", "run"])
    response = client.generic(
        method,
        address,
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert response.headers["Deprecation"] == f"@{AT.timestamp():.0f}"
    assert response.headers["Sunset"] == "Mon, 30 Nov 2026 00:00:00 GMT"
    assert 'rel="successor-version"; title="lab/new"' in response.headers["Link"]
    assert method == "POST" or response.json()["deputy"] == "lab/new"
