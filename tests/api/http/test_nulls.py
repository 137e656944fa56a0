"""`null` for an optional member of a body is its absence, but never inside a model's own input."""

from __future__ import annotations

from typing import Any

import pytest

from api.contract.components import COMPONENTS
from api.contract.document import document
from api.contract.nulls import with_nulls, without_nulls
from api.contract.operation import OPERATIONS
from runs.models import Run

pytestmark = pytest.mark.django_db
FLUX = "fal-ai/flux/dev"


def test_a_run_is_begun_with_nulls_for_what_is_left_out(
    call: Any, make_endpoint: Any, documents: Any
) -> None:
    make_endpoint(FLUX, documents[FLUX])
    optional = COMPONENTS["NewRun"]["properties"].keys() - {"endpoint_id", "arguments"}
    body = {"endpoint_id": FLUX, "arguments": {"prompt": "a mill"}} | dict.fromkeys(optional)
    assert call("POST", "/runs", body).status_code == 201
    assert Run.objects.get().arguments == {"prompt": "a mill"}


def test_nulls_inside_arguments_are_the_models_own(
    call: Any, make_endpoint: Any, documents: Any
) -> None:
    make_endpoint(FLUX, documents[FLUX])
    refused = call("POST", "/runs", {"endpoint_id": FLUX, "arguments": {"prompt": None}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "#/arguments/prompt"


def test_nulls_of_nested_objects_are_absence() -> None:
    body = {
        "columns": [{"endpoint_id": FLUX, "settings": None}],
        "rows": [{"prompt": None}],
        "seeds": None,
        "title": None,
    }
    expected = {"columns": [{"endpoint_id": FLUX}], "rows": [{"prompt": None}]}
    assert without_nulls(COMPONENTS["NewBoard"], body) == expected


def test_null_for_what_is_required_is_refused(call: Any) -> None:
    refused = call("POST", "/estimates", {"endpoint_id": None})
    assert refused.status_code == 422


def test_the_document_says_what_may_be_null() -> None:
    shown = document(OPERATIONS)["components"]["schemas"]["NewRun"]["properties"]
    assert shown["max_cost"]["type"] == ["number", "null"]
    assert None in shown["transport"]["enum"]
    assert shown["endpoint_id"]["type"] == ["string", "null"]
    columns = with_nulls(COMPONENTS["NewBoard"])["properties"]["columns"]
    assert columns["type"] == "array"
