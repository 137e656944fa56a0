"""Assistants read and start runs in the token's projects, or in the one that a call names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from projects.models import Project
from runs.models import Preset, Run
from tests.api.assistants.conftest import FLUX, text_of
from tests.projects.people import make_project, person

# imported where it is used: otherwise every process pays half a second when collecting tests
if TYPE_CHECKING:
    from mcp import Client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.system]
RUN = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}, "wait_s": 0}


@pytest.fixture
def acme(user: Any, flux: Any) -> Project:
    project = make_project("Acme", ana="maker", ben="manager")
    make_project("Looked At", ana="viewer", ben="manager")
    elsewhere = make_project("Elsewhere", ben="maker")
    for place, word in ((project, "albatross"), (elsewhere, "bluebottle")):
        place_of = {"user": person("ben"), "project": place, "endpoint": flux}
        Run.objects.create(**place_of, title=word, arguments={}, form_token=word)
        Preset.objects.create(**place_of, name=word, arguments={})
    return project


def answers(talk: Any, project: Project | None, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    async def conversation(client: Client) -> list[Any]:
        return [await client.call_tool(name, arguments) for name, arguments in calls]

    return list(talk(conversation, project=project))


def test_lists_are_of_the_tokens_projects(talk, acme):
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_runs", {}),
        ("list_presets", {}),
        ("list_projects", {}),
    ]
    for project in (None, acme):
        runs, presets, projects = map(text_of, answers(talk, project, *calls))
        assert "albatross" in runs
        assert "albatross" in presets
        assert "acme · Acme · maker" in projects
        assert "bluebottle" not in runs + presets
        assert "Elsewhere" not in projects
        assert ("private · " in projects) == (project is None)
    narrowed = answers(talk, None, ("list_runs", {"project": "private"}))
    assert text_of(narrowed[0]) == "No run matches."


def test_a_run_begins_in_the_named_project(talk, user, acme):
    answers(talk, None, ("run_model", RUN), ("run_model", RUN | {"project": "acme"}))
    mine = Run.objects.filter(user=user).order_by("created_at")
    assert [run.project.key for run in mine] == ["private", "acme"]


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("elsewhere", "not a member of a project “elsewhere”. List yours: list_projects"),
        ("looked-at", "Ask ben to make you a maker"),
    ],
)
def test_a_refusal_is_an_error_with_its_sentence(talk, user, acme, slug, words):
    (answer,) = answers(talk, None, ("run_model", RUN | {"project": slug}))
    assert answer.is_error
    assert words in text_of(answer)
    assert not Run.objects.filter(user=user).exists()
