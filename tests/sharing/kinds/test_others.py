"""Collections, presets, prompts and flows as a share's visitors see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from catalog.models import Collection, CollectionItem, Endpoint, Picture
from flows.models import Flow, FlowRun, StepRun
from library.models import Prompt
from runs.models import Artifact, Preset, Run
from sharing.kinds.table import KINDS
from sharing.models import Share
from tests.boards.judging import SECRET, stored
from tests.conftest import grant
from tests.sharing.kinds.walking import answers, betrayed, page_of, share_of

__all__ = ["stored"]
pytestmark = pytest.mark.django_db
HIDDEN = {"shows_models": False, "shows_settings": False, "shows_prices": False}
SECRETS = ["lab/", "flux-pro", "anastasia", "Secret venture", "zebra", "4242", "steps-of", SECRET]
Shown = Callable[..., Share]


@pytest.fixture
def author(user: User) -> User:
    """Whose names nobody outside learns; a curator."""
    grant(user, "catalog.change_collection")
    User.objects.filter(pk=user.pk).update(username="anastasia-k", email="anastasia@example.org")
    return User.objects.get(pk=user.pk)


@pytest.fixture
def endpoint(make_endpoint: Callable[..., Endpoint]) -> Endpoint:
    """A model with a telling name and a picture."""
    small = default_storage.save("tests/model.webp", ContentFile(b"RIFF small WEBP"))
    picture = Picture.objects.create(digest="d" * 64, url="https://x/", state="kept", small=small)
    return make_endpoint("lab/flux-pro", description="flux-pro paints", picture=picture)


@pytest.fixture
def share_kind(author: User, endpoint: Endpoint, make_run: Any, stored: str) -> Shown:
    """`share_kind("preset", shows_models=False)` → Share of something of that kind."""

    def make(kind: str, **options: Any) -> Share:
        rows: dict[str, Callable[[], Any]] = {
            "collection": lambda: _collection(endpoint).slug,
            "preset": lambda: _preset(author, endpoint).pk,
            "prompt": lambda: _prompt(author).pk,
            "flow": lambda: _flow(author, endpoint, make_run, stored).pk,
        }
        share = share_of(author, kind, str(rows[kind]()), **options)
        share.project.name = "Secret venture"
        share.project.save()
        return share

    return make


def _collection(endpoint: Endpoint) -> Collection:
    collection = Collection.objects.create(slug="best", title="Best", description="For products.")
    CollectionItem.objects.create(collection=collection, endpoint=endpoint, note="steps-of-gold")
    return collection


def _preset(user: User, endpoint: Endpoint) -> Preset:
    arguments = {"prompt": "quiet zebra", "seed": 4242, "image_size": "square"}
    return Preset.objects.create(user=user, endpoint=endpoint, name="Soft", arguments=arguments)


def _prompt(user: User) -> Prompt:
    return Prompt.objects.create(user=user, name="Fox", text="A {red|grey} {animal} at dusk <b>")


def _flow(user: User, endpoint: Endpoint, make_run: Any, stored: str) -> Flow:
    arguments = {"prompt": "quiet zebra", "seed": 4242}
    step = {"id": "steps-of-it", "endpoint": endpoint.endpoint_id, "arguments": arguments}
    definition = {"version": 1, "steps": [step | {"wires": []}], "inputs": []}
    flow = Flow.objects.create(user=user, name="Chain", definition=definition)
    flow_run = FlowRun.objects.create(
        user=user, flow=flow, form_token="t", definition=definition, state="succeeded"
    )
    run = make_run(user=user, endpoint=endpoint, state="succeeded", arguments=arguments)
    StepRun.objects.create(flow_run=flow_run, step="steps-of-it", run=run)
    Artifact.objects.create(
        run=run, position=0, path="x", kind="image", state="stored", file=stored,
        url=f"https://v3.fal.media/files/{SECRET}.png", file_name=f"{SECRET}.png",
        content_type="image/png", width=40, height=30,
    )  # fmt: skip
    return flow


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("collection", ["For products.", "flux-pro", "steps-of-gold", "flux-pro paints"]),
        ("preset", ["lab/flux-pro", "quiet zebra", "4242", "Image size"]),
        ("prompt", ["<mark>animal</mark>", "red · grey", "at dusk &lt;b&gt;"]),
        ("flow", ["flux-pro", "quiet zebra", 'id="item-1"', "Text to image"]),
    ],
)
def test_a_visitor_sees_what_is_shared(share_kind: Shown, kind: str, texts: list[str]) -> None:
    markup = page_of(share_kind(kind))
    assert [text for text in texts if text not in markup] == []


@pytest.mark.parametrize("kind", ["collection", "preset", "prompt", "flow"])
@pytest.mark.parametrize("follows", [False, True])
def test_nothing_hidden_is_told(share_kind: Shown, kind: str, follows: bool) -> None:
    share = share_kind(kind, follows=follows, **HIDDEN)
    secrets = [*SECRETS, *(str(pk) for pk in Run.objects.values_list("pk", flat=True))]
    if kind == "collection":
        secrets.remove("steps-of")  # a curator's note names no model and stays
    answered = answers(share)
    assert not betrayed(answered, secrets)
    files = [address for address in answered if "/files/" in address or "/pictures/" in address]
    assert bool(files) == (kind in {"collection", "flow"})


@pytest.mark.parametrize("kind", ["collection", "preset", "prompt", "flow"])
def test_what_is_gone_leaves_a_sentence(share_kind: Shown, kind: str) -> None:
    share = share_kind(kind)
    Collection.objects.update(is_published=False)
    User.objects.update(is_staff=False)
    for model in (Preset, Prompt, Flow):
        model._default_manager.update(deleted_at=share.created_at)
    markup = page_of(share)
    assert "not there any more" in markup
    assert not betrayed({"": markup.encode()}, ["zebra", "dusk", "For products"])


@pytest.mark.parametrize("kind", ["preset", "prompt", "flow"])
def test_only_who_may_use_it_in_the_house_is_led_there(
    share_kind: Shown, kind: str, author: User, stranger: User
) -> None:
    share, mine, strange = share_kind(kind), Client(), Client()
    mine.force_login(author)
    strange.force_login(stranger)
    row: Any = KINDS[kind].find(author, share.source)
    link = f'href="{row.get_absolute_url()}"'
    assert f'class="button" data-kind="primary" {link}' in page_of(share, mine)
    for visitor in (strange, Client()):
        assert link not in page_of(share, visitor)


def test_a_kept_prompt_keeps_its_text(share_kind: Shown) -> None:
    kept, following = share_kind("prompt"), share_kind("prompt", follows=True)
    Prompt.objects.update(text="Another text")
    assert "at dusk" in page_of(kept)
    assert "Another text" in page_of(following)


def test_a_collections_picture_is_served_by_its_place(share_kind: Shown) -> None:
    share = share_kind("collection")
    address = reverse("sharing:share-picture", args=[share.token, 1])
    assert answers(share)[address].endswith(b"RIFF small WEBP")
    for number in (0, 2, 10**9):
        other = reverse("sharing:share-picture", args=[share.token, number])
        assert Client().get(other).status_code == 404


@pytest.mark.parametrize("kind", ["collection", "preset", "prompt", "flow"])
def test_strangers_share_nothing(share_kind: Shown, kind: str, stranger: User) -> None:
    assert KINDS[kind].find(stranger, share_kind(kind).source) is None
    assert KINDS[kind].find(stranger, "no/such key") is None
