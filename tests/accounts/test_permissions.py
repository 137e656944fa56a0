"""Each permission that is checked exists, and staff need one to see others' runs."""

import pytest
from django.contrib.auth.models import Permission, User

from accounts import permissions
from tests.conftest import grant
from tests.projects.people import logged_in

pytestmark = pytest.mark.django_db


def test_every_checked_permission_exists():
    existing = {
        f"{p.content_type.app_label}.{p.codename}" for p in Permission.objects.select_related()
    }
    assert set(permissions.ACTIONS) <= existing


@pytest.mark.parametrize("permission", permissions.SEE_RUNS)
def test_staff_without_a_permission_see_their_own_runs_only(make_run, permission):
    run = make_run(title="secret plans")
    eva = User.objects.create_user("eva", is_staff=True)
    browser = logged_in(eva)
    for address in (run.get_absolute_url(), f"{run.get_absolute_url()}output.json"):
        assert browser.get(address).status_code == 404
    assert str(run.pk).encode() not in browser.get("/runs/?whose=*").content
    grant(eva, permission)
    assert browser.get(run.get_absolute_url()).status_code == 200
    listed = browser.get("/runs/?whose=*").content
    assert str(run.pk).encode() in listed
    assert b"secret plans" not in listed
