"""Every address for programs names its methods: in the `Allow` of a 405, and to OPTIONS."""

import uuid

import pytest
from django.test import Client

from api import tokens
from api.contract import gone
from api.contract.document import BASE
from api.contract.operation import OPERATIONS

SOME_ID = str(uuid.UUID(int=1))
REQUEST = "/api/fal/queue/fal-ai/flux/requests/1"
METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
ADDRESSES = {
    f"{BASE}/openapi.json": "GET HEAD",
    "/api/fal/proxy": "GET HEAD POST PUT",
    "/api/fal/queue/fal-ai/flux/dev": "POST",
    "/api/fal/run/fal-ai/flux/dev": "POST",
    REQUEST: "GET HEAD",
    f"{REQUEST}/status": "GET HEAD",
    f"{REQUEST}/status/stream": "GET HEAD",
    f"{REQUEST}/cancel": "PUT",
    "/api/fal/uploads/x": "PUT",
    "/api/fal/uploads/x/1": "PUT",
    "/api/fal/uploads/x/complete": "POST",
    "/api/fal/v1/models": "GET HEAD",
    "/api/fal/v1/models/pricing": "GET HEAD",
    "/api/openai/v1/chat/completions": "POST",
    f"/api/openai/v1/chat/completions/{SOME_ID}": "GET HEAD",
    "/api/openai/v1/models": "GET HEAD",
    "/api/openai/v1/models/a/b": "GET HEAD",
}
# The API's paths, each with the methods of its operations.
BY_PATH: dict[str, set[str]] = {}
for operation in OPERATIONS:
    converters = {p.name: p.converter for p in operation.parameters if p.where == "path"}
    of_kind = {"uuid": SOME_ID, "int": "1", "slug": "best", "path": "fal-ai/flux/dev"}
    values = {name: of_kind[converter] for name, converter in converters.items()}
    BY_PATH.setdefault(BASE + operation.path.format(**values), set()).add(operation.method)
ALL = {address: set(methods.split()) for address, methods in ADDRESSES.items()} | {
    address: methods | ({"HEAD"} if "GET" in methods else set())
    for address, methods in BY_PATH.items()
}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ALL)
def test_each_address_names_its_methods(client, user, address):
    allowed = ALL[address] | {"OPTIONS"}
    answer = client.options(address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == ", ".join(sorted(allowed))
    _, secret = tokens.create(user, "script", [tokens.RUN])
    program = Client(headers={"Authorization": f"Key {secret}"})
    left = {method for method in METHODS if gone.reason(method, address)}
    for method in METHODS - allowed - left:
        refused = program.generic(method, address)
        assert refused.status_code == 405, method
        assert refused.headers["Allow"] == ", ".join(sorted(allowed))
