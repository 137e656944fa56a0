"""Three models from the shared documents, a flow of two of them, and results to use as inputs."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from features.flows.compose.definition import Definition, parse_definition
from features.flows.models import Flow
from runs.models import Artifact, Run
from schemas.uses.inputs import inputs_of

FLUX, SEEDREAM = "fal-ai/flux/dev", "fal-ai/bytedance/seedream/v4/edit"
KLING = "fal-ai/kling-video/v2.1/master/image-to-video"
PICTURE = "https://v3.fal.media/files/a.png"


@pytest.fixture
def models(make_endpoint: Callable[..., Any], documents: dict[str, Any]) -> dict[str, Endpoint]:
    """A text-to-image model, one that edits images, and one that makes videos of them."""
    return {
        name: store_inputs(make_endpoint(name, documents[name])) for name in (FLUX, SEEDREAM, KLING)
    }


def store_inputs(endpoint: Endpoint) -> Endpoint:
    """Store the endpoint's inputs, as a sync does."""
    endpoint.inputs = [list(field) for field in inputs_of(version_of(endpoint).root)]
    endpoint.save(update_fields=["inputs"])
    return endpoint


TAKEN_BY = {SEEDREAM: ["image_urls", "*"], KLING: ["image_url"]}


def chained(*names: str, prompt: str = "a fox") -> Definition:
    """Return a chain of models, each of which takes the first image of the model before it.

    Its form asks for a prompt for each of them.
    """
    steps, inputs = list[Any](), list[Any]()
    for number, name in enumerate(names, start=1):
        before = {"step": f"s{number - 1}", "path": ["images", 0, "url"]}
        wires = [{"to": TAKEN_BY[name], **before}] if steps else []
        arguments = {"prompt": prompt}
        steps.append({"id": f"s{number}", "endpoint": name, "arguments": arguments, "wires": wires})
        field = {"name": f"prompt_{number}" if wires else "prompt", "label": "Prompt"}
        inputs.append(field | {"targets": [[f"s{number}", "prompt"]]})
    return parse_definition({"version": 1, "steps": steps, "inputs": inputs})


@pytest.fixture
def flow(user: User, models: dict[str, Endpoint]) -> Flow:
    """A flow that generates an image and edits it."""
    definition = chained(FLUX, SEEDREAM)
    return Flow.objects.create(user=user, name="fox, edited", definition=definition.as_json())


def succeed(run: Run, url: str = PICTURE) -> None:
    """End a run with one image, as the worker records it."""
    from runs.state import state_machine
    from runs.state.transitions import Observation
    from schemas.artifacts import artifacts

    output = {"images": [{"url": url, "content_type": "image/png"}], "seed": 7}
    seen = Observation(Run.State.SUCCEEDED, "test", output=output, artifacts=artifacts(output))
    assert state_machine.record(run.pk, seen)


def fail(run: Run) -> None:
    from runs.state import state_machine
    from runs.state.transitions import Observation

    error = {"error": "RunFailed", "message": "It broke.", "status": 500}
    assert state_machine.record(run.pk, Observation(Run.State.FAILED, "test", error=error))


def result_of(user: User, endpoint: Endpoint, **values: Any) -> Run:
    output = {"images": [{"url": PICTURE, "content_type": "image/png"}]}
    run = Run.objects.create(
        user=user, endpoint=endpoint, form_token=uuid.uuid4().hex, state="succeeded", output=output,
        **({"arguments": {"prompt": "a fox"}} | values),
    )  # fmt: skip
    Artifact.objects.create(run=run, position=0, path="images[0]", kind="image", url=PICTURE)
    return run
