"""Each file of a run has its own star; the run is starred while any of its files is.

One worker computes the figures of whole tables, and pages show them with their time.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from playground.display import tiles
from runs.models import Artifact, KeptFigures, Run
from runs.results import figures, stars
from tests.conftest import grant

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


Four = Callable[..., Run]


@pytest.fixture
def four(make_run: Any) -> Four:
    """A run of four pictures, or of another number."""

    def make(count: int = 4, **values: Any) -> Run:
        run: Run = make_run(state="succeeded", output={}, **values)
        for place in range(count):
            url = f"https://v3.fal.media/{place}.png"
            Artifact.objects.create(
                run=run, position=place, path=f"images[{place}]", kind="image", url=url,
                state="stored", file=f"{place}.png", width=64, height=64,
            )  # fmt: skip
        return run

    return make


def read_stars(run: Run) -> tuple[bool, list[int]]:
    run.refresh_from_db()
    files = Artifact.objects.filter(run=run, is_starred=True)
    return run.is_starred, list(files.values_list("position", flat=True))


def press(client: Client, run: Run, position: int, value: str = "1", **options: Any) -> Any:
    address = f"{run.get_absolute_url()}artifacts/{position}/star/"
    return client.post(address, {"starred": value}, **options)


def test_each_file_has_a_star_of_its_own(member, four):
    run = four()
    assert press(member, run, 2).headers["Location"] == run.get_absolute_url()
    assert press(member, run, 0).status_code == 302
    assert read_stars(run) == (True, [0, 2])
    press(member, run, 2, "0")
    assert read_stars(run) == (True, [0])
    press(member, run, 0, "0")
    assert read_stars(run) == (False, [])
    assert press(member, run, 4).status_code == 404
    assert press(member, run, 10**30).status_code == 404


def test_another_person_sees_no_star_and_sets_none(client, member, four, stranger):
    run = four(is_example=True)
    page = member.get(run.get_absolute_url()).content.decode()
    assert page.count('class="artifact-star"') == 4
    client.force_login(stranger)
    page = client.get(run.get_absolute_url()).content.decode()
    assert page.count('class="artifact"') == 4
    assert "artifact-star" not in page
    assert press(client, run, 1).status_code == 404
    assert read_stars(run) == (False, [])


def test_a_runs_star_belongs_to_its_only_file_and_clears_all(four):
    alone, several = four(1), four(3)
    for run in (alone, several):
        stars.star_run(run.pk, is_starred=True)
    assert read_stars(alone) == (True, [0])
    assert read_stars(several) == (True, [])
    stars.star_artifact(several.pk, 1, is_starred=True)
    stars.star_run(several.pk, is_starred=False)
    assert read_stars(several) == (False, [])


def test_lists_show_the_starred_file_and_find_its_run(member, four):
    run, other = four(), four()
    cached_markup = tiles.tile(Run.objects.get(pk=run.pk)).html
    press(member, run, 3)
    assert tiles.tile(Run.objects.get(pk=run.pk)).html != cached_markup, (
        "the kept markup is replaced"
    )
    assert tiles.tile(Run.objects.get(pk=run.pk)).row.still.endswith("/artifacts/3/")
    page = member.get("/runs/", {"starred": "1"}).content.decode()
    assert "/artifacts/3/" in page
    assert str(other.pk) not in page


def test_the_status_page_scans_no_whole_table(client, make_run):
    olga = User.objects.create_user("olga")
    grant(olga, "playground.view_worker")
    client.force_login(olga)
    run = make_run(state="succeeded")
    Artifact.objects.create(run=run, position=0, path="x", kind="image", url="u", state="lost")
    figures.keep_due()
    KeptFigures.objects.update(made_at=timezone.now() - timedelta(hours=2))
    with CaptureQueriesContext(connection) as captured:
        html = client.get("/admin/status/").content.decode()
    assert "2 h ago" in html
    for query in captured:
        sql = query["sql"]
        is_bounded = "= 'remote'" in sql or sql.endswith("LIMIT 1")
        assert 'FROM "playground_artifact"' not in sql or is_bounded
        assert "GROUP BY 1" not in sql or "playground_run" not in sql or "NOT (" in sql


def test_figures_are_computed_by_one_worker_and_again_when_they_are_due(make_run):
    run = make_run()
    assert figures.read(figures.RUNS_OF_PEOPLE).values == {str(run.user_id): 1}
    make_run()
    pause_s = figures.keep_due()
    assert figures.read(figures.RUNS_OF_PEOPLE).values == {str(run.user_id): 1}  # not due yet
    assert 1 < pause_s <= figures.EVERY_S
    KeptFigures.objects.update(due_at=timezone.now())
    figures.keep_due()
    assert figures.read(figures.RUNS_OF_PEOPLE).values == {str(run.user_id): 2}
