"""A downloaded, renamed and dropped file restores the run's arguments, for every kind of result."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.schema_versions import version_of
from playground.form import form_state
from playground.form.prefill import sources
from runs.models import Artifact, Run
from runs.results.outputs import artifacts_in
from sandbox.contract.registry import Model
from sandbox.models import MODELS
from schemas.exact import identical
from tests.playground.form.restoring.test_restore import ADDRESS, SCRIPT
from tests.sandbox.server import RunningSandbox
from tests.sandbox.test_models import arguments_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.exhaustive]
AT_ONCE = 8


def saved_files(client: Client, run: Run) -> Iterator[bytes]:
    """Return every file that a user can save of a run."""
    addresses = [f"/runs/{run.pk}/run.json", f"/runs/{run.pk}/output.json"]
    for artifact in run.artifacts.all():
        addresses.append(f"{artifact.get_absolute_url()}?download")
        previews = {"poster": artifact.poster, "thumbnail": artifact.thumbnail}
        addresses += [
            f"{artifact.get_absolute_url()}{name}/" for name in previews if previews[name]
        ]
    texts = [output for output in artifacts_in(run.output) if output.kind == "text"]
    addresses += [f"/runs/{run.pk}/texts/{number}.txt" for number in range(len(texts))]
    for address in addresses:
        response: Any = client.get(address)
        assert response.status_code == 200, address
        yield response.getvalue()
    if run.artifacts.all():
        response = client.post("/runs/archives/", {"run": str(run.pk)})
        yield response.getvalue()


BATCHES = [MODELS[start : start + AT_ONCE] for start in range(0, len(MODELS), AT_ONCE)]


@pytest.mark.parametrize("models", BATCHES, ids=lambda models: models[0].endpoint_id)
def test_a_downloaded_and_renamed_file_restores_the_same_arguments(
    ask: Any, work: Any, sandbox_process: RunningSandbox, models: list[Model], client: Client
) -> None:
    runs = [ask(model.endpoint_id, **arguments_for(model, sandbox_process)) for model in models]
    unfinished = Run.objects.unfinished()
    remote = Artifact.objects.filter(state=Artifact.State.REMOTE)
    work(lambda: not unfinished.exists() and not remote.exists())
    user = User.objects.get(username="ana")
    client.force_login(user)
    for run in Run.objects.filter(pk__in=[run.pk for run in runs]).with_endpoint():
        assert run.state == Run.State.SUCCEEDED, (run.endpoint.endpoint_id, run.error)
        for number, content in enumerate(saved_files(client, run)):
            file = SimpleUploadedFile(f"renamed-{number}", content)
            answer = client.post(ADDRESS, {"file": file}, headers=SCRIPT).json()
            assert answer.get("fill") == f"run:{run.pk}", (run.endpoint.endpoint_id, number, answer)
        filled = sources.fill(user, run.endpoint, f"run:{run.pk}")
        assert filled is not None
        arguments, problems = form_state.parse_form(run.endpoint, filled.post)
        assert problems == []
        defaults = {child.name: child.default for child in version_of(run.endpoint).root.children}
        # The form posts the default of a choice that always has a value.
        expected = {name: defaults.get(name) for name in arguments} | run.arguments
        assert identical(arguments, expected), run.endpoint.endpoint_id
