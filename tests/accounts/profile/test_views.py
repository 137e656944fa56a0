"""The account page: each of its forms, for its owner, with its errors."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from accounts import mail as mail_queue
from accounts.profile import preferences
from accounts.sign_in import login_links
from playground import rerun
from runs.models import Run

pytestmark = pytest.mark.django_db
NEW = "a lighthouse at dusk"


@pytest.fixture
def here(client: Client, user: User) -> Client:
    """A browser with a real login, which a password change keeps."""
    client.post("/login/", {"login": "ana", "password": "pw"})
    return client


def change(client: Client, part: str, **posted: str) -> Any:
    return client.post(f"/account/{part}/", posted, follow=True)


@pytest.fixture
def sends_mail(settings: Any) -> None:
    settings.EMAIL_URL, settings.PUBLIC_URL = "smtp://localhost", "https://vitrine.example"


def link_in_mail() -> str:
    mail_queue.send_due()
    match = re.search(r"https://vitrine\.example(\S+)", str(mail.outbox[-1].body))
    assert match
    return match[1]


def test_a_new_mail_address_counts_once_its_owner_followed_the_link(here, user, sends_mail):
    html = change(here, "email", email="ana@example.com", action_add="1").content.decode()
    assert "A link was sent to ana@example.com" in html
    user.refresh_from_db()
    assert user.email == ""
    page = here.get(link_in_mail())
    assert "becomes the address of the account “ana”" in page.content.decode()
    here.post(address := page.wsgi_request.path)
    user.refresh_from_db()
    assert user.email == "ana@example.com"
    assert "This link no longer works" in here.get(address).content.decode()
    answer = Client().post("/login/", {"login": "ANA@example.com", "password": "pw"})
    assert answer.headers["Location"] == "/"


def test_an_address_of_somebody_else_is_not_revealed_and_never_taken_over(
    here, user, stranger, sends_mail
):
    stranger.email = "sam@example.com"
    stranger.save()
    EmailAddress.objects.create(user=stranger, email="sam@example.com", verified=True, primary=True)
    html = change(here, "email", email="SAM@example.com", action_add="1").content.decode()
    assert "A link was sent to sam@example.com" in html
    page = here.get(link_in_mail())
    assert "Another account has this address" in page.content.decode()
    here.post(page.wsgi_request.path)
    user.refresh_from_db()
    assert user.email == ""


def test_a_new_address_needs_a_fresh_login(member, user, sends_mail):
    answer = change(member, "email", email="ana@example.com", action_add="1")
    assert "Is it you?" in answer.content.decode()
    wrong = member.post("/login/again/", {"password": "wrong"})
    assert wrong.status_code == 422
    done = member.post(answer.redirect_chain[-1][0], {"password": "pw"}, follow=True)
    assert "A link was sent to ana@example.com" in done.content.decode()


def post_password(client: Client, old: str, new: str, again: str) -> Any:
    return change(client, "password", oldpassword=old, password1=new, password2=again)


def test_a_new_password_ends_only_the_other_sessions(here, user):
    elsewhere = Client()
    elsewhere.force_login(user)
    wrong = post_password(here, "wrong", NEW, NEW)
    assert wrong.status_code == 422
    assert post_password(here, "pw", NEW, "other words").status_code == 422
    post_password(here, "pw", NEW, NEW)
    assert here.get("/account/sessions/").content.decode().count("This one") == 1
    assert elsewhere.get("/account/").status_code == 302
    assert Client().login(username="ana", password=NEW)


def test_guesses_of_the_current_password_are_throttled(here):
    pages = [post_password(here, "wrong", NEW, NEW).content.decode() for _ in range(7)]
    assert "too many failed attempts" in pages[-1]
    assert "too many failed attempts" in post_password(here, "pw", NEW, NEW).content.decode()
    assert here.post("/login/again/", {"password": "pw"}).status_code == 429


def test_a_user_logged_in_by_a_link_can_set_a_first_password(client, user):
    user.set_unusable_password()
    user.save()
    client.post(f"/login/link/{login_links.create(user)}/")
    change(client, "password/first", password1=NEW, password2=NEW)
    assert client.login(username="ana", password=NEW)


def test_new_runs_are_shared_with_the_team_by_preference(
    member, user, make_endpoint, django_assert_num_queries
):
    address = make_endpoint("a/b").get_absolute_url()

    def run(token: str) -> Run:
        member.post(address, {"~do": "run", "~mode": "json", "~json": "{}", "~token": token})
        return Run.objects.order_by("-created_at")[0]

    assert not (before := run("before")).is_example
    html = change(member, "sharing", shares_runs="1").content.decode()
    assert "New runs are shown to the team" in html
    assert (after := run("after")).is_example
    # A private run stays private when it is run again.
    assert not rerun.rerun(before, User.objects.get(pk=user.pk), "t").is_example
    assert rerun.rerun(after, User.objects.get(pk=user.pk), "t").is_example
    change(member, "sharing", shares_runs="0")
    assert not run("again").is_example
    loaded_user = User.objects.select_related("preferences").get(pk=user.pk)
    with django_assert_num_queries(0):
        preferences.shares_runs(loaded_user)
