"""Authors on a share: users appear as themselves, guests under a name that nobody else has."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.limits.rate_limit import LIMITS, buckets
from features.sharing import reviewers
from features.sharing.access import Visit
from features.sharing.models import Reviewer, Share
from features.sharing.reviewers import NameRefused, remember, reviewer_for_post, reviewer_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def share(user: User) -> Share:
    """A share that takes comments, by a user with a full name."""
    user.first_name, user.last_name = "Ana", "Ruiz"
    user.save()
    return Share.objects.create(user=user, title="Posters", takes_comments=True)


def guest(share: Share) -> Visit:
    """Return a visit without an account."""
    return Visit(share, AnonymousUser(), is_maker=False)


def speak(share: Share, name: str, **fields: str) -> Reviewer:
    """Comment on the share under a name, from a new browser."""
    request = RequestFactory().post("/", {"name": name, **fields})
    return reviewer_for_post(request, guest(share))


def test_a_guest_is_known_again_by_the_cookie_on_this_share_alone(share):
    reviewer, response = speak(share, "Anna"), HttpResponse()
    remember(response, RequestFactory().post("/"), reviewer)
    cookie = response.cookies[reviewers.cookie_name(share)]
    assert cookie["path"] == share.get_absolute_url()
    assert cookie["httponly"]
    request = RequestFactory().get("/")
    request.COOKIES[cookie.key] = cookie.value
    assert reviewer_of(request, guest(share)) == reviewer

    other = Share.objects.create(user=share.user, title="Other")
    request.COOKIES[reviewers.cookie_name(other)] = cookie.value
    assert reviewer_of(request, guest(other)) is None


def test_a_forged_cookie_is_nobody(share):
    reviewer = speak(share, "Anna")
    request = RequestFactory().get("/")
    request.COOKIES[reviewers.cookie_name(share)] = f"{reviewer.pk}:x:y"
    assert reviewer_of(request, guest(share)) is None


def test_a_user_is_themselves_and_not_who_the_cookie_says(share, user):
    reviewer, response = speak(share, "Anna"), HttpResponse()
    remember(response, RequestFactory().post("/"), reviewer)
    request = RequestFactory().post("/", {"name": "Anna"})
    name = reviewers.cookie_name(share)
    request.COOKIES[name] = response.cookies[name].value
    visit = Visit(share, user, is_maker=True)
    assert reviewer_of(request, visit) is None
    assert reviewer_for_post(request, visit).name == "Ana Ruiz"
    assert Reviewer.objects.filter(user=user).count() == 1
    assert reviewer_for_post(request, visit) == reviewer_of(request, visit)


@pytest.mark.parametrize("name", ["anna", " ANNA ", "Ann\u0430", "Ana Ruiz", "ana  ruiz"])
def test_a_guest_cannot_take_the_name_of_another_or_of_a_member(share, name):
    speak(share, "Anna")
    with pytest.raises(NameRefused, match=r"^There is already an \w+.* here. Add your surname\.$"):
        speak(share, name)
    assert share.reviewers.count() == 1


def test_a_user_whose_name_a_guest_has_gets_a_number(share, stranger):
    speak(share, "sam")
    request = RequestFactory().post("/")
    assert reviewer_for_post(request, Visit(share, stranger, is_maker=False)).name == "sam 2"


def test_visitors_never_read_an_address_of_mail(share):
    user = User(username="eva@example.com")
    assert reviewers.display_name(user) == "eva"


def test_a_name_that_cannot_be_read_is_refused(share):
    with pytest.raises(NameRefused, match=reviewers.MISSING):
        speak(share, "  \u200b ")


def test_a_share_takes_no_more_names_than_its_limit(share, monkeypatch):
    monkeypatch.setattr(reviewers, "MAX_REVIEWERS", 2)
    speak(share, "Anna")
    speak(share, "Ben")
    with pytest.raises(NameRefused, match="to add another name"):
        speak(share, "Cleo")


def test_one_address_cannot_make_names_without_end(share, settings, monkeypatch):
    settings.RATE_LIMITS = True
    monkeypatch.setitem(LIMITS, "guest", replace(LIMITS["guest"], burst=1, per_minute=1))
    buckets.clear()
    speak(share, "Ben")
    with pytest.raises(NameRefused, match="Wait"):
        speak(share, "Anna")
    buckets.clear()
