"""What led to a result is done again with another input, and kept as a flow under a name."""

import re

import pytest
from django.contrib.auth.models import User

from catalog.models import Endpoint
from features.flows.execution import advance
from features.flows.models import Flow, FlowRun
from runs.models import Run
from tests.features.flows.conftest import FLUX, KLING, SEEDREAM, result_of, succeed

pytestmark = pytest.mark.django_db


@pytest.fixture
def film(user: User, models: dict[str, Endpoint]) -> Run:
    """A film made of an edited picture: three steps."""
    drawn = result_of(user, models[FLUX], arguments={"prompt": "a fox in a wood"})
    given = {"prompt": "a fox in deep snow", "image_urls": [f"/runs/{drawn.pk}/artifacts/0/"]}
    edited = result_of(user, models[SEEDREAM], arguments=given)
    filmed = {"prompt": "it runs", "image_url": f"/runs/{edited.pk}/artifacts/0/"}
    return result_of(user, models[KLING], arguments=filmed)


def words_of(page: str) -> str:
    return " ".join(page.split())


def finish(flow_run: FlowRun) -> None:
    """End each step with a picture of its own, as the worker does, until the last one."""
    while not FlowRun.objects.get(pk=flow_run.pk).is_final:
        (step,) = flow_run.steps.filter(settled_at=None).select_related("run")
        assert step.run
        succeed(step.run, f"https://v3.fal.media/files/{step.pk}.png")
        advance.advance(flow_run.pk)


def test_all_steps_of_a_result_are_done_again(member, film):
    address = f"/flows/again/{film.pk}/?project=private"
    page = words_of(member.get(address).content.decode())
    assert re.findall(r'<textarea[^>]* name="(\w+)"', page) == ["prompt"]  # only what was typed
    fields = {"~token": "t", "prompt": "a hen in a wood"}
    response = member.post(address, fields)
    flow_run = FlowRun.objects.get()
    assert response.headers["Location"] == flow_run.get_absolute_url()
    finish(flow_run)
    first, second, third = Run.objects.filter(flow_steps__flow_run=flow_run).order_by("flow_steps")
    assert [run.arguments for run in (first, second, third)] == [
        {"prompt": "a hen in a wood"},
        {"prompt": "a fox in deep snow", "image_urls": [f"/runs/{first.pk}/artifacts/0/"]},
        {"prompt": "it runs", "image_url": f"/runs/{second.pk}/artifacts/0/"},
    ]
    page = words_of(member.get(flow_run.get_absolute_url()).content.decode())
    assert f"/models/{KLING}/?shown={third.pk}" in page
    member.post(address, fields | {"~token": "another"})
    assert Flow.objects.count() == 1  # the same steps
    assert FlowRun.objects.count() == 2
