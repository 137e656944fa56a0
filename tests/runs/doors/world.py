"""A maker's project, with the models that the entry points need."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from api import tokens
from catalog.models import Endpoint
from projects.models import Project
from runs.models import Run
from tests.api.openai_proxy import documents as chat_documents
from tests.features.boards import documents as boards_documents
from tests.features.flows.conftest import FLUX, SEEDREAM, store_inputs
from tests.projects.people import working_in
from tests.schemas.uses.trainers import TRAINERS

PAINT = "lab/flux"
LLM, SHORT = "lab/llm", "lab/short"
TRAINER = "fal-ai/flux-lora-fast-training"
PRICE = {"unit_price_usd": Decimal("0.01"), "price_unit": "images", "currency": "USD"}
# The function of an entry point prepares what it needs and returns this: a function that uses the
# entry point once and returns the whole answer.
Use = Callable[[], str]


@dataclass
class World:
    """A maker's project with the models of all entry points, all licensed for commercial use."""

    user: User
    project: Project
    make_endpoint: Callable[..., Endpoint]
    documents: dict[str, Any]

    def fill(self) -> None:
        known_documents = self.documents
        self.make_endpoint(PAINT, boards_documents.FLUX, tags=["realtime"], **PRICE)
        for endpoint_id in (FLUX, SEEDREAM):
            store_inputs(self.make_endpoint(endpoint_id, known_documents[endpoint_id], **PRICE))
        stream = "https://fal.run/lab/llm/stream"
        self.make_endpoint(LLM, chat_documents.ROUTER, category="llm", stream_url=stream)
        stream = "https://fal.run/lab/short/stream"
        self.make_endpoint(SHORT, chat_documents.SHORT, category="llm", stream_url=stream)
        self.make_endpoint(TRAINER, TRAINERS[TRAINER], category="training")
        Endpoint.objects.update(license_type="commercial")

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """Return the model with this id."""
        return Endpoint.objects.get(endpoint_id=endpoint_id)

    @property
    def here(self) -> str:
        """Return the query string that names the project."""
        return f"?project={self.project.key}"

    @property
    def browser(self) -> Client:
        """Return the maker's browser, in the project."""
        return working_in(self.project, self.user)

    def program(self) -> Client:
        """Return a program with a token for the project."""
        name, scopes = uuid.uuid4().hex, ["read", "run"]
        _, secret = tokens.create(self.user, name, scopes, project=self.project)
        return Client(headers={"Authorization": f"Bearer {secret}"})

    def run_of(self, endpoint_id: str) -> Run:
        """Return a finished run of a model in the project."""
        return Run.objects.create(
            user=self.user,
            endpoint=self.endpoint(endpoint_id),
            project=self.project,
            arguments={"prompt": "a cat", "seed": 1},
            form_token=uuid.uuid4().hex,
            state="succeeded",
        )


def read_answer(response: Any) -> str:
    """Return a response's status with its page or JSON."""
    return f"{response.status_code}: {response.content.decode()}"


def post_json(client: Client, path: str, body: Any, **headers: str) -> str:
    """Post JSON; return the API's answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body)
    return read_answer(client.post(path, content, content_type="application/json", headers=named))
