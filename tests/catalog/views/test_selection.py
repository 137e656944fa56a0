"""What the gallery's selection bar does to several models at once, and for whom."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from catalog.models import Collection, CollectionItem, Endpoint, Favourite

Make = Callable[..., Endpoint]
BAR = "/catalogue/selection/"


@pytest.fixture
def endpoints(make_endpoint: Make) -> list[Endpoint]:
    return [make_endpoint(f"a/{n}") for n in range(3)]


def act(client: Client, verb: str, *models: Endpoint, **more: str) -> str:
    data = {"~do": verb, "model": [model.endpoint_id for model in models], **more}
    return client.post(BAR, data, follow=True, headers={"referer": "/models/"}).content.decode()


def test_members_star_and_are_offered_nothing_else(member, user, endpoints):
    bar = member.get(BAR).content.decode()
    assert 'value="star"' in bar
    assert "collect" not in bar
    assert "mark:" not in bar
    assert "2 models starred" in act(member, "star", *endpoints[:2])
    assert Favourite.objects.filter(user=user).count() == 2
    for verb in ("mark:approved", "collect"):
        best = Collection.objects.create(slug=verb[:4], title="Best")
        refused = member.post(BAR, {"~do": verb, "model": "a/0", "collection": best.pk})
        assert refused.status_code == 403
    assert not Endpoint.objects.exclude(mark="").exists()


def test_curators_mark_many_and_the_switch_shows_them(admin_client, admin_user, endpoints):
    assert "Only approved models" not in admin_client.get("/models/").content.decode()
    for verb, mark in (
        ("mark:approved", "approved"),
        ("mark:experimental", "experimental"),
        ("mark:", ""),
        ("mark:approved", "approved"),
    ):
        assert "2 models" in act(admin_client, verb, *endpoints[:2])
        assert [Endpoint.objects.get(pk=endpoint.pk).mark for endpoint in endpoints] == [
            mark,
            mark,
            "",
        ]
    html = admin_client.get("/models/?is=approved").content.decode()
    assert "Only approved models" in html
    assert html.count('class="card"') == 2
    assert html.count('id="is:approved"') == 1
    assert "mark" in act(admin_client, "mark:nonsense", *endpoints)


def test_blocking_requires_a_reason(admin_client, admin_user, endpoints):
    assert "Say why" in act(admin_client, "mark:blocked", *endpoints, reason=" ")
    assert not Endpoint.objects.filter(mark="blocked").exists()
    act(admin_client, "mark:blocked", *endpoints, reason="Too dear")
    assert Endpoint.objects.filter(mark_reason="Too dear", marked_by=admin_user).count() == 3


def test_many_models_can_be_collected_at_once(admin_client, endpoints):
    best = Collection.objects.create(slug="best", title="Best")
    CollectionItem.objects.create(collection=best, endpoint=endpoints[1], note="first")
    assert "Choose a collection" in act(admin_client, "collect", *endpoints)
    assert "2 models added" in act(admin_client, "collect", *endpoints, collection=str(best.pk))
    assert [item.endpoint.endpoint_id for item in best.items.all()] == ["a/1", "a/0", "a/2"]


def test_staff_without_the_permission_cannot_mark(client, django_user_model, endpoints):
    looker = django_user_model.objects.create_user("looker", password="-", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_endpoint"))
    client.force_login(looker)
    assert "mark:" not in client.get(BAR).content.decode()
    act(client, "mark:approved", *endpoints)
    assert not Endpoint.objects.exclude(mark="").exists()
