"""Results like a given one: in its project or in all of the user's own, never in others'."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from runs.models import Artifact, Run
from runs.results import likeness
from tests.projects.people import logged_in, make_project, person, working_in

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
MakeResult = Callable[..., Artifact]
OF_RUNS = ("user", "project", "is_hidden", "title")
ONE, NEAR, ALIKE, FAR = bytes(16), bytes(15) + b"\x0f", bytes(14) + b"\x0f\xff", b"\xff" * 16


@pytest.fixture
def make_result(make_run: Any) -> MakeResult:
    """`make_result(fingerprint=…, title=…)` → a picture in a run of its own, with a fingerprint."""

    def make(run: Run | None = None, **values: Any) -> Artifact:
        of_run = {name: values.pop(name) for name in OF_RUNS if name in values}
        run = run or make_run(state="succeeded", output={}, **of_run)
        number = Artifact.objects.count()
        defaults = {
            "kind": "image",
            "state": "stored",
            "digest": f"{number:064}",
            "fingerprint": ONE,
            "compared_at": timezone.now(),
            "position": run.artifacts.count(),
        }
        return Artifact.objects.create(run=run, url="https://media.test/a", **(defaults | values))

    return make


def read_page(client: Client, result: Artifact, query: str = "") -> str:
    response = client.get(f"{result.get_absolute_url()}like/{query}")
    assert response.status_code == 200
    return response.content.decode()


def headings_and_runs(page: str) -> list[str]:
    """Return the headings and the ids of runs, in the order of the page."""
    return re.findall(r'(?:<h2>\s*|data-run-id=")([^"<\n]+)', page)


def test_equal_files_come_first_then_the_nearest_each_with_an_honest_word(
    member: Client, make_result: MakeResult
) -> None:
    picture = make_result()
    alike, near = make_result(fingerprint=ALIKE), make_result(fingerprint=NEAR)
    equal = make_result(digest=picture.digest)
    make_result(fingerprint=FAR)
    assert headings_and_runs(read_page(member, picture)) == [
        "The same file", str(equal.run_id),
        "Nearly the same", str(near.run_id),
        "Alike", str(alike.run_id),
    ]  # fmt: skip


def test_a_sound_is_only_compared_as_a_file(member: Client, make_result: MakeResult) -> None:
    sound = make_result(kind="audio", fingerprint=b"")
    copy = make_result(kind="audio", fingerprint=b"", digest=sound.digest)
    make_result(kind="audio", fingerprint=b"")
    page = read_page(member, sound)
    assert headings_and_runs(page) == ["The same file", str(copy.run_id)]
    assert "only copies of the same file" in page


def test_the_page_needs_as_many_queries_for_many_as_for_one(
    member: Client, make_result: MakeResult, django_assert_num_queries: Any
) -> None:
    picture = make_result()
    make_result(fingerprint=NEAR)
    read_page(member, picture)
    for _ in range(50):
        make_result(fingerprint=NEAR)
    with django_assert_num_queries(10):
        page = read_page(member, picture)
    assert "The others are less alike" in page


def test_beyond_the_most_the_newest_are_compared_and_the_page_says_so(
    member: Client, make_result: MakeResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = make_result(fingerprint=NEAR)
    picture, newer = make_result(), make_result(fingerprint=NEAR)
    assert "compares" not in read_page(member, picture)
    monkeypatch.setattr(likeness, "MOST_ON_PAGE", 2)
    page = read_page(member, picture)
    assert headings_and_runs(page) == ["Nearly the same", str(newer.run_id)]
    assert str(oldest.run_id) not in page
    assert "the newest 2 results" in " ".join(page.split())


def test_two_projects_see_nothing_of_each_other(make_result: MakeResult) -> None:
    spring = make_project("Spring", ana="maker", ben="maker")
    autumn = make_project("Autumn", ana="maker", eva="maker")
    ana, ben, eva = person("ana"), person("ben"), person("eva")
    own = make_result(user=ana, project=spring)
    bens = make_result(user=ben, project=spring)
    hidden = make_result(user=ben, project=spring, is_hidden=True)
    evas = make_result(user=eva, project=autumn)
    anas = make_result(user=ana, project=autumn)
    in_spring = read_page(working_in(spring, ana), own)
    assert str(bens.run_id) in in_spring
    for result in (hidden, evas, anas):
        assert str(result.run_id) not in in_spring
    everywhere = read_page(working_in(spring, ana), own, "?scope=all")
    assert headings_and_runs(everywhere) == ["Nearly the same", str(anas.run_id)]
    assert logged_in(eva).get(f"{own.get_absolute_url()}like/").status_code == 404


def test_a_double_is_marked_on_the_runs_page_for_who_may_read_the_original(
    make_result: MakeResult,
) -> None:
    spring, autumn = make_project("Spring", ana="maker", ben="maker"), make_project("Autumn")
    ana, ben = person("ana"), person("ben")
    original = make_result(user=ana, project=spring, title="First fox")
    double = make_result(user=ana, project=spring, digest=original.digest)
    Artifact.objects.filter(pk=double.pk).update(double_of=original)
    address = double.run.get_absolute_url()

    def mark(user: User) -> str:
        page = working_in(spring, user).get(address).content.decode()
        return " ".join(re.sub(r"<[^>]+>", "", page.partition('class="doubles')[2]).split())[:60]

    assert "the same picture as First fox" in mark(ben)
    Artifact.objects.filter(pk=double.pk).update(digest="other")
    assert "nearly the same picture as First fox" in mark(ben)
    of_original = Run.objects.filter(pk=original.run_id)
    of_original.update(is_hidden=True)
    assert (mark(ben), mark(ana) != "") == ("", True)
    of_original.update(is_hidden=False, project=autumn)
    assert mark(ana) == ""
    of_original.update(project=spring, deleted_at=timezone.now())
    assert mark(ana) == ""


def test_the_menu_of_a_picture_leads_to_what_is_like_it(
    member: Client, make_result: MakeResult
) -> None:
    address = make_result().get_absolute_url()
    assert f'href="{address}like/"' in member.get(f"{address}uses/").content.decode()
    assert f'href="{address}like/"' in member.get(f"{address}uses/?q=like").content.decode()
    assert f'href="{address}like/"' not in member.get(f"{address}uses/?q=upscale").content.decode()
