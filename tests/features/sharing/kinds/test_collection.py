"""A collection as visitors of its share see it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from catalog.models import Collection, CollectionItem, Endpoint, Picture
from features.sharing.kinds.table import KINDS
from features.sharing.models import Share
from tests.conftest import grant
from tests.features.sharing.kinds.walking import (
    collect_answers,
    leaked_secrets,
    read_page,
    share_of,
)

pytestmark = pytest.mark.django_db
HIDDEN = {"shows_models": False, "shows_settings": False, "shows_prices": False}
SECRETS = ["lab/", "flux-pro", "anastasia", "Secret venture"]
Shown = Callable[..., Share]


@pytest.fixture
def author(user: User) -> User:
    """A curator, whose names visitors must not learn."""
    grant(user, "catalog.change_collection")
    User.objects.filter(pk=user.pk).update(username="anastasia-k", email="anastasia@example.org")
    return User.objects.get(pk=user.pk)


@pytest.fixture
def collection(make_endpoint: Callable[..., Endpoint]) -> Collection:
    """A collection with a curator's note, of a model that has a recognisable name and picture."""
    small = default_storage.save("tests/model.webp", ContentFile(b"RIFF small WEBP"))
    picture = Picture.objects.create(digest="d" * 64, url="https://x/", state="kept", small=small)
    endpoint = make_endpoint("lab/flux-pro", description="flux-pro paints", picture=picture)
    collection = Collection.objects.create(slug="best", title="Best", description="For products.")
    CollectionItem.objects.create(collection=collection, endpoint=endpoint, note="steps-of-gold")
    return collection


@pytest.fixture
def share_collection(author: User, collection: Collection) -> Shown:
    """`share_collection(shows_models=False)` → Share."""

    def make(**options: Any) -> Share:
        share = share_of(author, "collection", collection.slug, **options)
        share.project.name = "Secret venture"
        share.project.save()
        return share

    return make


def test_a_visitor_sees_its_cards(share_collection):
    markup = read_page(share_collection())
    texts = ["For products.", "flux-pro", "steps-of-gold", "flux-pro paints"]
    assert [text for text in texts if text not in markup] == []


@pytest.mark.parametrize("follows", [False, True])
def test_nothing_hidden_is_told(share_collection, follows):
    answered = collect_answers(share_collection(follows=follows, **HIDDEN))
    assert not leaked_secrets(answered, SECRETS)
    assert leaked_secrets(answered, ["steps-of-gold"]), "a note that names no model stays"
    assert any("/pictures/" in address for address in answered)


def test_what_is_gone_leaves_a_sentence(share_collection):
    share = share_collection()
    Collection.objects.update(is_published=False)
    User.objects.update(is_staff=False)
    markup = read_page(share)
    assert "no longer exists" in markup
    assert "For products" not in markup


def test_its_pictures_are_served_by_their_places(share_collection):
    share = share_collection()
    address = reverse("sharing:share-picture", args=[share.token, 1])
    assert collect_answers(share)[address].endswith(b"RIFF small WEBP")
    for number in (0, 2, 10**9):
        other = reverse("sharing:share-picture", args=[share.token, number])
        assert Client().get(other).status_code == 404


def test_strangers_share_nothing(collection, stranger):
    assert KINDS["collection"].find(stranger, collection.slug) is None
    assert KINDS["collection"].find(stranger, "no/such key") is None
