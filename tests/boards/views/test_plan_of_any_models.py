"""The page of a plan draws any models, real and the sandbox's, and posts back what it holds."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.plan.editing import endpoints_of, first_post
from boards.plan.plan import read_plan
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from sandbox.contract import openapi
from sandbox.models import MODELS
from schemas.exact import identical
from schemas.fields.examples import example
from tests.boards.views.test_plan import NEW, posted_by
from tests.schemas import laws

pytestmark = pytest.mark.django_db
ADDRESSES = dict.fromkeys(("files", "queue"), "https://files.test")


@cache
def _names() -> list[str]:
    return [f"sandbox-{place}/model" for place in range(len(MODELS))]


@pytest.fixture
def everything(make_endpoint: Any, documents: dict[str, dict[str, Any]]) -> list[Endpoint]:
    """Every real document and every model of the sandbox, and one without a schema."""
    endpoints = [make_endpoint(name, document) for name, document in documents.items()]
    for name, model in zip(_names(), MODELS, strict=True):
        endpoints.append(make_endpoint(name, openapi.document(model, ADDRESSES)))
    return [*endpoints, make_endpoint("lab/bare")]


@settings(max_examples=laws.cases(6))
@given(data=st.data())
def test_a_plan_form_of_any_models_round_trips(
    client: Client, user: User, everything: list[Endpoint], data: st.DataObject
) -> None:
    client.force_login(user)
    chosen = data.draw(st.lists(st.sampled_from(everything), min_size=1, max_size=4))
    arguments = example(version_of(chosen[0]).root)
    pairs = [("model", model.endpoint_id) for model in chosen]
    text = json.dumps(arguments)
    response = client.get(f"{NEW}?{urlencode([*pairs, ('input', text)])}")
    assert response.status_code == 200
    posted = posted_by(response.content.decode())
    models, unknown = endpoints_of(posted["model"])
    assert ([model.pk for model in models], unknown) == ([model.pk for model in chosen], [])
    plan = read_plan(posted, models, models[0])
    wanted = read_plan(first_post(chosen, arguments), chosen, chosen[0])
    assert identical(plan.filled.shared, wanted.filled.shared)
    assert identical(plan.filled.own, wanted.filled.own)
    response = client.post(NEW, {**posted, "~do": "update"})
    assert response.status_code == 200
