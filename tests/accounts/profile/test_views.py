"""The account page: each of its forms, as its owner and with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from accounts.profile import preferences
from playground import rerun
from runs.models import Run

pytestmark = pytest.mark.django_db
NEW = "a lighthouse at dusk"


@pytest.fixture
def here(client: Client, user: User) -> Client:
    """A browser with a real login: a password change keeps it."""
    client.post("/login/", {"username": "ana", "password": "pw"})
    return client


def change(client: Client, part: str, **posted: str) -> Any:
    return client.post(f"/account/{part}/", posted, follow=True)


def test_a_changed_name_is_in_the_page_head(here: Client) -> None:
    html = change(here, "name", first_name="Ana", last_name="<b>Lund").content.decode()
    assert "Your name is saved." in html
    assert "&lt;b&gt;Lund" in html
    long = change(here, "name", first_name="x" * 151, last_name="")
    assert long.status_code == 422
    assert 'aria-invalid="true"' in long.content.decode()


def test_changing_the_mail_address_needs_the_password(
    here: Client, user: User, stranger: User
) -> None:
    stranger.email = "sam@example.com"
    stranger.save()
    attempts: list[tuple[str, str, str]] = [
        ("ana@example.com", "wrong", "That is not your password"),
        ("ana", "pw", "not an e-mail address"),
        ("SAM@example.com", "pw", "Another account has this address"),
    ]
    for email, password, message in attempts:
        answer = change(here, "email", **{"email-email": email, "email-password": password})
        assert answer.status_code == 422
        html = answer.content.decode()
        assert message in html
        assert f'value="{email}"' in html
    change(here, "email", **{"email-email": "ana@example.com", "email-password": "pw"})
    user.refresh_from_db()
    assert user.email == "ana@example.com"


def post_password(client: Client, old: str, new: str, again: str) -> Any:
    return change(
        client,
        "password",
        **{
            "password-old_password": old,
            "password-new_password1": new,
            "password-new_password2": again,
        },
    )


def test_a_new_password_ends_only_the_other_sessions(here: Client, user: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)
    wrong = post_password(here, "wrong", NEW, NEW)
    assert wrong.status_code == 422
    assert "not your password" in wrong.content.decode()
    assert "match" in post_password(here, "pw", NEW, "other words").content.decode()
    html = post_password(here, "pw", NEW, NEW).content.decode()
    assert "Your password is changed" in html
    assert html.count("This one") == 1
    assert elsewhere.get("/account/").status_code == 302
    assert Client().login(username="ana", password=NEW)


def test_guesses_of_the_current_password_are_throttled(here: Client) -> None:
    pages = [post_password(here, "wrong", NEW, NEW).content.decode() for _ in range(7)]
    assert "too many failed attempts" in pages[-1]
    assert "too many failed attempts" in post_password(here, "pw", NEW, NEW).content.decode()


def test_a_user_logged_in_by_a_link_can_set_a_first_password(client: Client, user: User) -> None:
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    html = client.get("/account/").content.decode()
    assert "Set password" in html
    assert "Current password" not in html
    change(client, "password", **{"password-new_password1": NEW, "password-new_password2": NEW})
    assert client.login(username="ana", password=NEW)


def test_the_theme_is_a_cookie_of_this_browser(member: Client) -> None:
    html = change(member, "theme", theme="dark").content.decode()
    assert 'data-theme="dark"' in html
    assert 'data-theme="dark"' not in change(member, "theme", theme="").content.decode()
    assert "data-theme=" not in change(member, "theme", theme='"><script>').content.decode()


def test_new_runs_are_shared_with_the_team_by_preference(
    member: Client, user: User, make_endpoint: Any, django_assert_num_queries: Any
) -> None:
    address = make_endpoint("a/b").get_absolute_url()

    def run(token: str) -> Run:
        member.post(address, {"~do": "run", "~mode": "json", "~json": "{}", "~token": token})
        return Run.objects.order_by("-created_at")[0]

    assert not (before := run("before")).is_example
    html = change(member, "sharing", shares_runs="1").content.decode()
    assert "New runs are shown to the team" in html
    assert (after := run("after")).is_example
    # What was private stays so when it is run again.
    assert not rerun.rerun(before, User.objects.get(pk=user.pk)).is_example
    assert rerun.rerun(after, User.objects.get(pk=user.pk)).is_example
    change(member, "sharing", shares_runs="0")
    assert not run("again").is_example
    loaded_user = User.objects.select_related("preferences").get(pk=user.pk)
    with django_assert_num_queries(0):
        preferences.shares_runs(loaded_user)


def test_the_account_page_takes_as_many_queries_for_any_content(
    member: Client, user: User, django_assert_num_queries: Any
) -> None:
    for _ in range(5):
        Client().force_login(user)
    with django_assert_num_queries(5):
        member.get("/account/")
