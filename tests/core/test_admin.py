"""Actions that an admin page denies to everyone."""

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Group, User
from django.test import RequestFactory

from core.admin import Action, RestrictedAdmin

ACTIONS: tuple[Action, ...] = ("add", "change", "delete")


def allowed(user: User, *denied: Action) -> set[Action]:
    """Return what `user` may do with groups on a page that denies `denied`."""
    page = RestrictedAdmin(Group, site)
    page.denied = dict.fromkeys(denied, "because")  # type: ignore[misc]
    request = RequestFactory().get("/")
    request.user = user
    permissions: dict[Action, bool] = {
        "add": page.has_add_permission(request),
        "change": page.has_change_permission(request),
        "delete": page.has_delete_permission(request),
    }
    return {action for action, is_allowed in permissions.items() if is_allowed}


@pytest.mark.parametrize("action", ACTIONS)
def test_denied_actions_are_denied_to_superusers_too(action):
    superuser = User(is_superuser=True, is_active=True)
    assert allowed(superuser) == set(ACTIONS)
    assert allowed(superuser, action) == {*ACTIONS} - {action}
    assert allowed(superuser, *ACTIONS) == set()


def test_other_actions_still_need_the_permission():
    assert allowed(User(is_active=False)) == set()
