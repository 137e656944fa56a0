"""The pages of projects' keys: for which users, what they accept, and that none shows a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.admin import keys as key_admin
from runs.keys import new_key, vault
from runs.models import ProjectKey
from tests.leaks.secrets import watch
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.django_db

ENTER = "/admin/playground/projectkey/add/"
LIST = "/admin/playground/projectkey/"
KEY = "spring-1:very-secret-indeed"


@pytest.fixture
def admin(settings: Any) -> Client:
    settings.KEYS_SECRETS = [vault.new_secret()]
    return logged_in(User.objects.create_superuser("root"))


@pytest.fixture
def spring() -> Project:
    return make_project("Spring", mia="manager")


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The outcome of the worker's check, as columns of the row."""
    watch("very-secret-indeed")
    vault.renew_seal()
    answer: dict[str, str] = {}

    def wait(row: ProjectKey, within_s: float) -> ProjectKey:
        ProjectKey.objects.filter(pk=row.pk).update(**answer)
        row.refresh_from_db()
        return row

    monkeypatch.setattr(new_key, "wait_for_answer", wait)
    return answer


def test_a_key_that_fal_takes(admin: Client, spring: Project, decided: dict[str, str]) -> None:
    decided["state"] = "active"
    response = admin.post(ENTER, {"project": spring.pk, "key": f" {KEY} "}, follow=True)
    row = ProjectKey.objects.get()
    assert response.redirect_chain == [(row.get_absolute_url(), 302)]
    text = response.content.decode()
    assert "The key is valid: Spring uses it from its next run on." in text
    assert vault.unseal(row.secret) == KEY
    assert "very-secret" not in text
    assert "very-secret" not in admin.get(LIST).content.decode()


def test_a_key_that_fal_refuses_says_so_beside_the_field(
    admin: Client, spring: Project, decided: dict[str, str]
) -> None:
    decided |= {"state": "refused", "secret": "", "trouble": "fal refuses this key. Copy it whole."}
    response = admin.post(ENTER, {"project": spring.pk, "key": KEY})
    assert response.status_code == 422
    text = response.content.decode()
    assert "fal refuses this key. Copy it whole." in text
    assert "very-secret" not in text
    assert f'<option value="{spring.pk}" selected>' in text


def test_a_key_that_is_none(admin: Client, spring: Project, decided: dict[str, str]) -> None:
    response = admin.post(ENTER, {"project": spring.pk, "key": "one word"})
    assert response.status_code == 422
    assert "key_id:key_secret" in response.content.decode()
    assert not ProjectKey.objects.exists()


def test_while_fal_does_not_answer(admin: Client, spring: Project, decided: dict[str, str]) -> None:
    response = admin.post(ENTER, {"project": spring.pk, "key": KEY}, follow=True)
    assert key_admin.STILL_TRIED in response.content.decode()


def test_without_a_worker_the_page_says_what_is_missing(admin: Client, spring: Project) -> None:
    text = admin.get(ENTER).content.decode()
    assert "rotate_keys --new" in text
    assert 'type="password"' not in text


def test_private_and_archived_projects_have_none(
    admin: Client, decided: dict[str, str], spring: Project
) -> None:
    text = admin.get(f"{ENTER}?for={spring.pk}").content.decode()
    assert text.count("<option") == 2
    assert f'<option value="{spring.pk}" selected>' in text


def test_remove_and_put_back(admin: Client, spring: Project) -> None:
    row = ProjectKey.objects.create(
        project=spring, key_id="spring-1", state="active", secret=vault.encrypt(KEY)
    )
    page = admin.get(row.get_absolute_url()).content.decode()
    assert f"{ENTER}?for={spring.pk}" in page
    assert "nothing yet" in page
    text = admin.post(f"{LIST}{row.pk}/remove/", follow=True).content.decode()
    assert "From now on, Spring sends its runs with the account&#x27;s own key." in text
    assert "Put the key back" in text
    text = admin.post(f"{LIST}{row.pk}/put-back/", follow=True).content.decode()
    assert "Spring uses the key again." in text
    ProjectKey.objects.filter(pk=row.pk).update(state="replaced")
    text = admin.post(f"{LIST}{row.pk}/remove/", follow=True).content.decode()
    assert "no longer in use" in text


def test_what_was_sent_with_it(admin: Client, spring: Project, make_run: Any) -> None:
    row = ProjectKey.objects.create(
        project=spring, key_id="spring-1", state="active", secret=vault.encrypt(KEY)
    )
    run = make_run(sent_at="2026-11-01T10:00Z", project_key=row)
    other = make_run(sent_at="2026-11-01T11:00Z")
    text = admin.get(row.get_absolute_url()).content.decode()
    assert "from 2026-11-01 10:00 to 2026-11-01 10:00 UTC" in text
    listed = admin.get(
        f"{reverse('admin:playground_run_changelist')}?project_key__id__exact={row.pk}"
    )
    assert str(run.pk) in listed.content.decode()
    assert str(other.pk) not in listed.content.decode()


@pytest.mark.parametrize("address", [LIST, ENTER])
def test_nobody_but_admins_sees_them(address: str, spring: Project) -> None:
    manager = logged_in(User.objects.get(username="mia"))
    assert manager.get(address).status_code in {302, 403}
    curator = User.objects.create_user("curt", is_staff=True)
    assert logged_in(curator).get(address).status_code == 403
