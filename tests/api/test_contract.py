"""The API keeps its OpenAPI document (schemathesis): what it accepts, refuses and returns.

Requests are generated from the document: a valid one gets a declared answer, an invalid one a 4xx,
and none a 5xx.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.checks import negative_data_rejection, unsupported_method

from api import resources, tokens
from api.contract import gone
from api.contract.components import COMPONENTS
from api.contract.document import BASE, document
from api.contract.operation import OPERATIONS
from api.idempotency import KEY
from catalog.models import Change, Collection
from core.version import version
from fal.messages import endpoint_id
from runs.models import Artifact, Preset, Upload
from tests.schemas.laws import cases

assert resources  # importing it declares the operations
FLUX = "fal-ai/flux/dev"
EXAMPLES = cases(1)
# The cases are generated when the test runs, some for each operation: during collection, every
# process would generate them.
schema = schemathesis.pytest.from_fixture("api_schema")


@pytest.fixture
def api_schema(request: pytest.FixtureRequest) -> Any:
    """The document, with the application that has to keep it."""
    request.node._nodeid = request.node.nodeid  # schemathesis reads it; pytest 9.2 has none
    schemathesis_schema = schemathesis.openapi.from_dict(document(OPERATIONS))
    schemathesis_schema.app = get_wsgi_application()
    # Missing objects and arguments that the model refuses do not break the contract.
    schemathesis_schema.config.checks.positive_data_acceptance.expected_statuses += [
        "409",
        "413",
        "422",
    ]
    return schemathesis_schema


@pytest.fixture
def secret(user: Any, make_endpoint: Any, documents: Any, make_run: Any) -> str:
    """A curator's token, in a world with one object of every kind."""
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="change_collection"))
    endpoint = make_endpoint(FLUX, documents[FLUX])
    run = make_run(endpoint=endpoint, state="succeeded", output={"images": [{"url": "x"}]})
    make_run(endpoint=endpoint, state="failed", error={"error": "RunFailed", "message": "no"})
    make_run(endpoint=endpoint)
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", url="https://v3.fal.media/a"
    )
    Preset.objects.create(user=user, endpoint=endpoint, name="p", arguments={"prompt": "x"})
    best = Collection.objects.create(slug="best", title="Best", is_published=True)
    best.items.create(endpoint=endpoint)
    Change.objects.create(endpoint=endpoint, kind="new", at=timezone.now(), lines=[])
    file = default_storage.save("tests/contract.png", ContentFile(b"x"))
    Upload.objects.create(
        user=user, digest="0" * 64, file=file, file_name="x.png", content_type="image/png",
        size_bytes=1,
    )  # fmt: skip
    return tokens.create(user, "schemathesis", list(tokens.SCOPES))[1]


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """Requests share the test's transaction, as those of Django's test client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.exhaustive
@pytest.mark.system  # this test makes several hundred requests
@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.usefixtures("kept_connection")
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    deadline=None,
    derandomize=True,
    database=None,
)
def test_the_api_conforms_to_its_openapi_document(case, secret):
    # schemathesis does not decode answers of a WSGI application
    plain = {"Accept-Encoding": "identity"}
    # A form cannot contain an empty list: no value arrives instead of a wrong one, which is valid.
    is_lost = isinstance(case.body, dict) and case.body.get("kind", "") in ([], {}, None)
    excluded: list[Any] = [negative_data_rejection] if is_lost else []
    if any(re.fullmatch(left.path, case.formatted_path.strip("/")) for left in gone.OPERATIONS):
        excluded.append(unsupported_method)  # 410 instead of 405, for one version
    with transaction.atomic():
        case.call_and_validate(
            headers={"Authorization": f"Bearer {secret}", **plain}, excluded_checks=excluded
        )
        transaction.set_rollback(True)  # the next call does not see what this one wrote


def test_the_openapi_document_names_each_operation_once():
    ids = [operation.id for operation in OPERATIONS]
    assert len(set(ids)) == len(ids)
    for operation in OPERATIONS:
        assert operation.handle.__doc__, operation.id
        assert operation.scope in tokens.SCOPES


def test_every_paid_operation_accepts_an_idempotency_key():
    paid = {operation.id: operation for operation in OPERATIONS if operation.limit == "run"}
    expected = {"create_run", "run_flow", "create_board", "add_to_board", "run_board_again"}
    assert paid.keys() == expected
    assert all(KEY in operation.parameters for operation in paid.values())


def test_the_components_are_json_schemas():
    for component in COMPONENTS.values():
        Draft202012Validator.check_schema(component)


def test_each_body_is_one_type_for_generated_clients():
    bodies = [operation.body.component for operation in OPERATIONS if operation.body]
    assert "NewRun" in bodies
    for name in bodies:
        assert COMPONENTS[name]["type"] == "object", name
        assert COMPONENTS[name].keys().isdisjoint({"anyOf", "oneOf", "allOf"}), name


def test_defaults_are_values_that_generators_read():
    """openapi-python-client leaves out a call whose body has an object or a list as default."""

    def defaults(part: Any) -> Iterator[Any]:
        members = part.values() if isinstance(part, dict) else part
        if isinstance(part, dict) and "default" in part and not isinstance(part["type"], dict):
            yield part["default"]
        for member in members if isinstance(part, dict | list) else ():
            yield from defaults(member)

    values = [*defaults(document(OPERATIONS))]
    assert values
    assert all(isinstance(value, bool | int | str) for value in values)


def test_the_document_has_the_pattern_of_each_endpoint_id():
    parameters = [parameter for operation in OPERATIONS for parameter in operation.parameters]
    schemas = [p.schema for p in parameters if p.name in {"endpoint_id", "model"}]
    names = {operation.body.component for operation in OPERATIONS if operation.body}
    members = [COMPONENTS[name]["properties"] for name in {*names, "NewColumn"}]
    schemas += [member["endpoint_id"] for member in members if "endpoint_id" in member]
    assert len(schemas) > 8
    assert {schema["pattern"] for schema in schemas} == {endpoint_id.PATTERN}


@pytest.mark.django_db
def test_a_text_that_is_no_endpoint_id_is_answered_by_its_look_up(call):
    absent = call("GET", "/models/flux")
    answer = call("POST", "/runs", {"endpoint_id": "flux", "arguments": {}})
    for response in (absent, answer):
        assert response.status_code == 404
        assert "Search for it" in response.json()["detail"]
    assert call("GET", "/runs?model=flux").status_code == 422


@pytest.mark.django_db
def test_the_document_says_which_vitrine_it_is_of(call):
    assert document(OPERATIONS)["info"]["version"] == version()
    assert call("GET", "/me").json()["version"] == version()


def test_the_openapi_document_is_public(client):
    response = client.get(f"{BASE}/openapi.json")
    assert response.json() == document(OPERATIONS)
    again = client.get(f"{BASE}/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
