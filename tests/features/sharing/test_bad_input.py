"""Each error at a share is a sentence and reveals nothing about the shared results."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.limits.rate_limit import ANONYMOUS, LIMITS, SHARE, buckets
from features.library.selection import ResultKey
from features.sharing import items
from features.sharing.models import Comment, Pick, Reviewer, Share
from projects.models import Membership, Project
from runs.models import Run

pytestmark = pytest.mark.django_db
SECRETS = (b"mill by the river", b"Posters", b"fal-ai/flux", b"ana@", b"424242")


class Guest(Client):
    """A browser without an account; it reads files to their end."""

    def request(self, **request: Any) -> Any:
        response: Any = super().request(**request)
        if response.streaming:
            b"".join(response.streaming_content)  # reading to the end closes the file
        return response


@pytest.fixture
def share(user: User, make_picture: Callable[..., Run]) -> Share:
    """A review of two pictures that hides how they were made."""
    share = Share.objects.create(
        user=user, title="Posters", picks=Share.Picks.SOME, takes_comments=True, takes_ratings=True,
        shows_models=False, shows_settings=False,
    )  # fmt: skip
    items.keep_in_step(share, [ResultKey(make_picture().pk, 0) for _ in range(2)])
    return share


def address(share: Share, rest: str = "") -> str:
    return f"{share.get_absolute_url()}{rest}"


def say(guest: Client, share: Share, **fields: Any) -> Any:
    return guest.post(address(share, "review/"), {"name": "Anna", **fields})


def assert_tells_nothing(response: Any, status: int) -> str:
    """Check that a page states the error and nothing else; return its text."""
    assert response.status_code == status
    content = response.content
    assert not [secret for secret in SECRETS if secret in content]
    return str(content.decode())


def test_a_post_to_an_ended_share_takes_nothing(share):
    Share.objects.update(revoked_at=timezone.now())
    assert_tells_nothing(say(Guest(), share, pick=1), 410)
    assert not Pick.objects.exists()
    assert not Reviewer.objects.exists()


@pytest.mark.exhaustive
def test_two_hundred_guests_behind_one_address_are_let_through(share, settings, monkeypatch):
    settings.RATE_LIMITS = True
    few = replace(LIMITS[ANONYMOUS], burst=1, per_minute=1)
    monkeypatch.setitem(LIMITS, ANONYMOUS, few)
    buckets.clear()
    guest = Guest()
    assert [guest.get("/login/").status_code for _ in range(2)] == [200, 429]
    assert guest.get(address(share, "files/1/")).status_code == 200
    assert LIMITS[SHARE].burst >= 200 * 100  # each guest loads a hundred pictures
    buckets.clear()


@pytest.mark.parametrize("rest", ["review/", "review/picks/", "review/comments/"])
def test_nothing_is_said_by_opening_a_link(share, rest):
    link = address(share, f"{rest}?name=Anna&pick=1&comment=hello")
    assert Guest().get(link).status_code in {200, 405}
    assert not Pick.objects.exists()
    assert not Comment.objects.exists()
    assert not Reviewer.objects.exists()


def test_who_left_the_project_shows_nothing_of_it_on(share, user, stranger):
    project = Project.objects.create(slug="team", name="Team")
    Membership.objects.create(project=project, user=user, role="maker")
    Run.objects.update(project=project, user=stranger)
    guest = Guest()
    assert guest.get(address(share, "files/1/")).status_code == 200
    Membership.objects.filter(user=user).delete()
    assert guest.get(address(share, "files/1/")).status_code == 404
