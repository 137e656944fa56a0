"""When a user leaves the house, their shares end or move to the user who gets their work."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from features.sharing.models import Share
from house import departure
from house.departure import Fate

pytestmark = pytest.mark.django_db


def leave(user: User, stranger: User, fate: Fate) -> None:
    boss = User.objects.create_superuser("boss", password="pw")
    departure.leave(user, boss, fate, stranger)


def test_the_shares_of_somebody_who_left_end(share: Share, user: User, stranger: User) -> None:
    leave(user, stranger, Fate.STAYS)
    answer = Client().get(share.get_absolute_url())
    assert answer.status_code == 410
    assert user.username not in answer.content.decode()
    assert Client().get(f"{share.get_absolute_url()}files/1/").status_code == 410


@pytest.mark.parametrize("fate", [Fate.PRIVATE_PASSES, Fate.PASSES, Fate.REMOVED])
def test_shares_that_pass_on_go_on(share: Share, user: User, stranger: User, fate: Fate) -> None:
    leave(user, stranger, fate)
    assert Client().get(f"{share.get_absolute_url()}items/1/").status_code == 200
    share.refresh_from_db()
    assert share.user == stranger
