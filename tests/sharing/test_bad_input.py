"""What goes wrong at a share is a sentence each, and nothing of what is shared leaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from accounts.limits.rate_limit import buckets
from library.selection import ResultKey
from projects.models import Membership, Project
from runs.models import Run
from sharing import items
from sharing.items import NO_RUN
from sharing.models import Comment, Pick, Reviewer, Share

pytestmark = pytest.mark.django_db
SECRETS = (b"mill by the river", b"Posters", b"fal-ai/flux", b"ana@", b"424242")
KIB = 1024


class Guest(Client):
    """A browser without an account; it reads files to their ends."""

    def request(self, **request: Any) -> Any:
        response: Any = super().request(**request)
        if response.streaming:
            b"".join(response.streaming_content)  # which closes the file
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
    """Check that a page says what happened and nothing else; return its text."""
    assert response.status_code == status
    told = response.content
    assert not [secret for secret in SECRETS if secret in told]
    return str(told.decode())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "The time of this share is over"),
        ({"revoked_at": timezone.now()}, "This share has ended"),
    ],
)
@pytest.mark.parametrize("rest", ["", "files/1/", "review/"])
def test_an_expired_or_revoked_share_says_so_at_each_address(
    share: Share, values: Any, sentence: str, rest: str
) -> None:
    guest = Guest()
    assert guest.get(address(share, rest)).status_code == 200
    Share.objects.update(**values)
    assert sentence in assert_tells_nothing(guest.get(address(share, rest)), 410)
    assert "If-Range" not in guest.get(address(share, rest), headers={"range": "bytes=0-1"})


def test_a_post_to_an_ended_share_takes_nothing(share: Share) -> None:
    Share.objects.update(revoked_at=timezone.now())
    assert_tells_nothing(say(Guest(), share, pick=1), 410)
    assert not Pick.objects.exists()
    assert not Reviewer.objects.exists()


def test_guessed_addresses_are_throttled_and_right_ones_still_open(
    share: Share, settings: Any
) -> None:
    settings.RATE_LIMITS = True
    buckets.clear()
    guest = Guest()
    statuses = [guest.get(f"/s/guess{number}/").status_code for number in range(70)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert guest.get(address(share)).status_code == 200
    buckets.clear()


def test_two_hundred_guests_behind_one_address_are_let_through(share: Share, settings: Any) -> None:
    settings.RATE_LIMITS = True
    buckets.clear()
    guest = Guest()
    statuses = {guest.get(address(share, "files/1/")).status_code for _ in range(1100)}
    assert statuses == {200}
    buckets.clear()


def test_a_deleted_run_leaves_a_gap_and_no_file(share: Share) -> None:
    run = share.items.get(number=1).run_id or NO_RUN
    Run.objects.filter(pk=run).update(deleted_at=timezone.now())
    guest = Guest()
    assert guest.get(address(share, "files/1/")).status_code == 404
    assert guest.get(address(share, "files/2/")).status_code == 200
    assert guest.get(address(share)).status_code == 200


def test_a_run_that_moved_where_its_sharer_is_no_member_leaves_a_gap(share: Share) -> None:
    elsewhere = Project.objects.create(slug="elsewhere", name="Elsewhere")
    other = User.objects.create_user("other")
    run = share.items.get(number=1).run_id or NO_RUN
    Run.objects.filter(pk=run).update(project=elsewhere, user=other)
    guest = Guest()
    assert guest.get(address(share, "files/1/")).status_code == 404
    assert b"Elsewhere" not in guest.get(address(share)).content


@pytest.mark.parametrize("name", ["anna", " ANNA ", "\u0410nna", "An\u200bna", "Ana"])
def test_a_guest_does_not_take_anothers_name(share: Share, user: User, name: str) -> None:
    user.first_name = "Ana"
    user.save()
    assert say(Guest(), share, pick=1).status_code == 302
    refused = say(Guest(), share, name=name, pick=2)
    assert refused.status_code == 422
    assert b"Add your surname" in refused.content
    assert Pick.objects.count() == 1


def test_a_robot_that_fills_in_every_field_says_nothing(share: Share) -> None:
    assert say(Guest(), share, pick=1, website="https://spam.test").status_code == 422
    assert not Reviewer.objects.exists()


def test_markup_in_a_comment_is_text(share: Share) -> None:
    guest = Guest()
    markup = "<img src=x onerror=alert(1)><script>alert(2)</script> javascript:alert(3)"
    assert say(guest, share, item=1, comment=markup).status_code == 302
    page = guest.get(address(share, "review/1/")).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;alert(2)" in page


def test_a_link_in_a_comment_is_followed_by_no_robot(share: Share) -> None:
    guest = Guest()
    say(guest, share, item=1, comment="see https://example.org/a?b=1&c=2")
    page = guest.get(address(share, "review/1/")).content.decode()
    (link,) = [piece for piece in page.split("<a") if "example.org" in piece.partition(">")[0]]
    for word in ("nofollow", "noopener", "ugc"):
        assert word in link.partition(">")[0]


def test_a_comment_of_100_kb_is_refused_and_stays_in_its_field(share: Share) -> None:
    text = "long " * (20 * KIB)
    refused = say(Guest(), share, item=1, comment=text)
    assert refused.status_code == 422
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-purpose": "prefetch"},
        {"purpose": "prefetch"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
        {"user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
    ],
)
def test_a_scanner_of_mails_counts_as_no_view(share: Share, headers: dict[str, str]) -> None:
    scanner = Guest()
    assert scanner.head(address(share)).status_code == 200
    assert scanner.get(address(share), headers=headers).status_code == 200
    share.refresh_from_db()
    assert share.views == 0
    assert Guest().get(address(share)).status_code == 200
    share.refresh_from_db()
    assert share.views == 1


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("rest", ["review/", "review/picks/", "review/comments/"])
def test_nothing_is_said_by_opening_a_link(share: Share, method: str, rest: str) -> None:
    link = address(share, f"{rest}?name=Anna&pick=1&comment=hello")
    assert getattr(Guest(), method)(link).status_code in {200, 405}
    assert not Pick.objects.exists()
    assert not Comment.objects.exists()
    assert not Reviewer.objects.exists()


def test_an_owner_who_picks_is_named_as_themselves(
    share: Share, member: Client, user: User
) -> None:
    assert say(member, share, name="Somebody else", pick=1).status_code == 302
    reviewer = Reviewer.objects.get()
    assert reviewer.user == user
    assert not reviewer.is_guest


def test_the_share_of_somebody_who_left_has_ended(share: Share, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    for rest in ("", "files/1/", "review/"):
        assert_tells_nothing(Guest().get(address(share, rest)), 410)


def test_who_left_the_project_shows_nothing_of_it_on(
    share: Share, user: User, stranger: User
) -> None:
    project = Project.objects.create(slug="team", name="Team")
    Membership.objects.create(project=project, user=user, role="maker")
    Run.objects.update(project=project, user=stranger)
    guest = Guest()
    assert guest.get(address(share, "files/1/")).status_code == 200
    Membership.objects.filter(user=user).delete()
    assert guest.get(address(share, "files/1/")).status_code == 404


def test_a_password_guards_every_address_of_a_share(share: Share) -> None:
    Share.objects.update(password=make_password("tulip"))
    guest = Guest()
    assert_tells_nothing(guest.get(address(share)), 403)
    for rest in ("files/1/", "files/1/thumbnail/", "review/"):
        assert_tells_nothing(guest.get(address(share, rest)), 404)
    assert guest.post(address(share, "password/"), {"password": "rose"}).status_code == 422
    assert guest.post(address(share, "password/"), {"password": "tulip"}).status_code == 302
    assert guest.get(address(share, "files/1/")).status_code == 200
    Share.objects.update(password=make_password("another"))
    assert guest.get(address(share, "files/1/")).status_code == 404
