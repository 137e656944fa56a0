"""Both databases and Python sort names as people do."""

import pytest
from django.contrib.auth.models import User

from core.db.name_order import by_name, sort_key

NAMES = [
    "9 cats", "10 cats", "0010 cats b", "Apfel", "apple", "Äpfel", "eclair", "École", "étude",
    "v2", "v10", "v10.9", "v10.10", "Zebra", "zoo", "Ж",
]  # fmt: skip


def test_names_are_sorted_by_letters_accents_and_numbers():
    assert [*map(sort_key, NAMES)] == sorted(map(sort_key, NAMES))


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_database_sorts_names_like_python():
    User.objects.bulk_create(User(username=name) for name in reversed(NAMES))
    assert [*User.objects.order_by(by_name("username")).values_list("username", flat=True)] == NAMES
