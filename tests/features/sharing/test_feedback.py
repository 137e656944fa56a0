"""The wall finds results by a review's picks, stars and comments, for users who see the run."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Comment, Pick, Rating, Reviewer, Share
from runs.models import Artifact, Run

pytestmark = pytest.mark.django_db


@pytest.fixture
def runs(user: User, make_run: Any) -> list[Run]:
    """Four results on one share: picked by three, rated 4 and 5, openly commented, untouched."""
    runs = [make_run(state="succeeded", title=f"poster {n}") for n in range(4)]
    for run in runs:
        Artifact.objects.create(run=run, position=0, path="x", kind="image", url="https://x/a.png")
    share = Share.objects.create(user=user, title="Posters")
    items.keep_in_step(share, [ResultKey(run.pk, 0) for run in runs])
    picked, rated, commented, _ = share.items.order_by("number")
    people = [Reviewer.objects.create(share=share, name=name) for name in ("Anna", "Ben", "Cy")]
    for person in people:
        Pick.objects.create(reviewer=person, item=picked)
    for person, stars in zip(people, (4, 5), strict=False):
        Rating.objects.create(reviewer=person, item=rated, stars=stars)
    Comment.objects.create(share=share, item=commented, reviewer=people[0], text="Bigger.")
    return runs


def find_posters(client: Client, line: str) -> set[str]:
    page = client.get(reverse("library:runs"), {"q": line, "as": "list"}).content.decode()
    return {f"poster {number}" for number in range(4) if f"poster {number}" in page}


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("picked:>2", {0}),
        ("picked:>3", set()),
        ("-picked:yes", {1, 2, 3}),
        ("rated:>=4", {1}),
        ("stars:yes", {1}),
        ("commented:yes", {2}),
        ("commented:open", {2}),
    ],
)
def test_results_are_found_by_what_was_said(member, runs, line, numbers):
    assert find_posters(member, line) == {f"poster {number}" for number in numbers}


def test_resolved_and_deleted_comments_are_no_longer_open(member, runs):
    Comment.objects.update(resolved_at=timezone.now())
    assert find_posters(member, "commented:open") == set()
    assert find_posters(member, "commented:yes") == {"poster 2"}
    Comment.objects.update(deleted_at=timezone.now())
    assert find_posters(member, "commented:yes") == set()


def test_who_may_not_see_a_run_learns_nothing_of_what_was_said(stranger, client, runs):
    client.force_login(stranger)
    page = client.get(reverse("library:facets"), {"as": "list"}).content.decode()
    assert "With open comments" not in page
    assert find_posters(client, "picked:yes") == set()
