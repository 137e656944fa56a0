"""The page of two runs: what differs, results beside each other, times and prices."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Endpoint
from runs.models import Artifact, Run
from tests import charged
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db

ADDRESS = "/runs/differences/"
Made = Callable[..., Run]


def shown(client: Client, *runs: Run | str, status: int = 200) -> str:
    query = "&".join(f"run={run.pk if isinstance(run, Run) else run}" for run in runs)
    response = client.get(f"{ADDRESS}?{query}")
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def pair(result_of: Made, models: dict[str, Endpoint]) -> tuple[Run, Run]:
    """Two runs of different models with a picture each; the second was slower, and dearer."""
    Endpoint.objects.update(unit_price_usd="0.01")
    began = timezone.now()
    first, second = (
        result_of(
            models[name],
            "image",
            arguments={"prompt": prompt},
            title=prompt,
            ended_at=began + timedelta(seconds=seconds),
            billable_units=units,
        )
        for name, prompt, seconds, units in [
            ("draw", "a red <b>cat</b>", 2, "1"),
            ("edit", "a blue <b>cat</b>", 5, "3"),
        ]
    )
    Run.objects.update(created_at=began)
    charged.settle([first, second])
    return first, second


def test_the_page_says_what_differs(member: Client, pair: tuple[Run, Run]) -> None:
    page = shown(member, *pair)
    assert "a <del>red</del> &lt;b&gt;" in page
    assert "a <ins>blue</ins> &lt;b&gt;" in page
    assert "(+3.0 s)" in page
    assert "(+$0.02)" in page
    assert '<th scope="row">Model</th>' in page
    assert "style=" not in page


def test_two_pictures_go_under_the_slider(member: Client, pair: tuple[Run, Run]) -> None:
    page = shown(member, *pair)
    assert '<result-viewer data-kind="image">' in page
    assert 'value="slider"' in page
    for run in pair:
        assert f'<img src="/runs/{run.pk}/artifacts/0/"' in page
    Artifact.objects.filter(run=pair[1]).update(kind="video")
    assert 'value="slider"' not in shown(member, *pair)


def test_the_runs_can_be_swapped(member: Client, pair: tuple[Run, Run]) -> None:
    first, second = pair
    page = shown(member, first, second)
    assert f'href="?run={second.pk}&amp;run={first.pk}"' in page
    assert "<del>blue</del>" in shown(member, second, first)


def test_equal_runs_are_said_to_be_equal(member: Client, make_run: Made) -> None:
    runs = [make_run(output={"seed": seed}, state="succeeded") for seed in (1, 2)]
    page = shown(member, *runs)
    assert "Both runs have the same input." in page
    assert "Only the seed that the model chose differs." in page
    again = make_run(output={"seed": 2}, state="succeeded")
    assert "Only the seed" not in shown(member, runs[1], again)


def test_a_seed_of_the_input_is_said_once(member: Client, make_run: Made) -> None:
    runs = [
        make_run(arguments={"seed": seed}, output={"seed": seed}, state="succeeded")
        for seed in (1, 2)
    ]
    assert "Seed that was used" not in shown(member, *runs)
    Run.objects.filter(pk=runs[0].pk).update(output={"seed": 3})
    assert "Seed that was used" in shown(member, *runs)


@pytest.mark.parametrize("count", [1, 3])
def test_two_runs_are_needed(member: Client, make_run: Made, count: int) -> None:
    page = shown(member, *[make_run() for _ in range(count)], status=422)
    assert page.count('name="run"') == 2
    assert ("Choose a second run." if count == 1 else "and 3 were chosen") in page


def test_what_is_no_run_is_said_beside_it(member: Client) -> None:
    page = shown(member, "x", str(uuid.uuid4()), status=422)
    assert 'aria-describedby="run-error-1"' in page
    assert 'id="run-error-1">This is no run.' in page
    assert 'id="run-error-2"' not in page


def test_the_selection_of_the_list_leads_to_the_page(member: Client, pair: tuple[Run, Run]) -> None:
    keys = [str(run.pk) for run in pair]
    response = member.post(ADDRESS, {"run": keys, "filters": "q=x"})
    assert response.headers["Location"] == f"{ADDRESS}?run={keys[0]}&run={keys[1]}"
    pieces = [f"{keys[0]}/0", f"{keys[0]}/1", f"{keys[1]}/0"]
    response = member.post(ADDRESS, {"artifact": pieces})
    assert response.headers["Location"] == f"{ADDRESS}?run={keys[0]}&run={keys[1]}"
    assert member.post(ADDRESS, {"filters": ""}, follow=True).status_code == 200
    page = member.get("/runs/").content.decode()
    verb = 'formaction="/runs/comparison/"'  # which leads two runs to this page
    assert verb in page
    assert verb not in member.get("/runs/?state=deleted").content.decode()
    response = member.post("/runs/comparison/", {"run": keys})
    assert response.headers["Location"] == f"{ADDRESS}?run={keys[0]}&run={keys[1]}"


def test_a_run_that_one_may_not_read_is_not_there(
    member: Client, pair: tuple[Run, Run], make_run: Made, stranger: User
) -> None:
    first, second = pair
    foreign = make_run(user=stranger)
    for one, other in ((first, foreign), (foreign, first)):
        shown(member, one, other, status=404)
    shown(member, first, str(uuid.uuid4()), status=404)
    Run.objects.filter(pk=second.pk).update(deleted_at=timezone.now())
    shown(member, first, second, status=404)


def test_members_of_a_project_compare_each_others_runs(make_run: Made) -> None:
    project = make_project("Acme", viewer="viewer", author="maker")
    author = User.objects.get(username="author")
    runs = [make_run(user=author, project=project) for _ in range(2)]
    viewer = logged_in(User.objects.get(username="viewer"))
    assert "Both runs have the same input." in shown(viewer, *runs)
    Run.objects.filter(pk=runs[0].pk).update(is_hidden=True)
    shown(viewer, *runs, status=404)


def test_a_private_run_is_not_there_for_admins(make_run: Made, user: User) -> None:
    User.objects.create_superuser("boss")
    boss = logged_in(User.objects.get(username="boss"))
    shown(boss, make_run(), make_run(), status=404)


def test_the_page_takes_few_queries(
    member: Client, pair: tuple[Run, Run], django_assert_max_num_queries: Any
) -> None:
    shown(member, *pair)
    with django_assert_max_num_queries(6):
        shown(member, *pair)


def test_a_runs_page_leads_to_its_predecessor(member: Client, make_run: Made) -> None:
    first = make_run()
    assert "What differs from" not in member.get(first.get_absolute_url()).content.decode()
    later = make_run()
    page = member.get(later.get_absolute_url()).content.decode()
    assert f'href="{reverse("library:differences")}?run={first.pk}&amp;run={later.pk}"' in page
