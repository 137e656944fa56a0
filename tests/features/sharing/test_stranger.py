"""A stranger with a share's link tries every address of Vitrine and sees nothing else.

The test generates the addresses from all routes and all existing keys: of the shared result, of
other results, of other shares; so it also covers new routes. Everything that must stay unseen
contains a secret word, or is a name, a path or a key.
"""

import html
import io
import re
from collections.abc import Iterable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from PIL import Image

from catalog.models import Endpoint
from features.library.selection import ResultKey
from features.sharing import access, items
from features.sharing.models import Share
from projects.models import Membership, Project
from projects.models.project import private_project
from runs.files import stored_files
from runs.models import Artifact, Run
from tests.accounts.routes import Route, routes
from tests.accounts.things import Things, make_things
from tests.features.sharing.addresses import GUESS, Keys, addresses
from tests.sampling import one_of_each, sample

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.system]
SECRET = "quetzalcoatl"
MODEL = f"{SECRET}-labs/hidden"
ROUTES = list(routes(get_resolver("config.urls").url_patterns))
LINK = re.compile(r"""(?:href|src|action|poster|content|data-[\w-]+)=["'](/[^"'#]*)""")
HEALTH = "/healthz"  # 503 is right here: no worker runs


class World:
    """The work of a user who shares one result and hides every detail that a share can hide."""

    def __init__(self, make_endpoint: Any, file: str) -> None:
        self.owner = User.objects.create_user(
            f"{SECRET}-owner", f"{SECRET}@vitrine.test", "pw", first_name="Quetzal"
        )
        self.project = Project.objects.create(slug=f"{SECRET}-project", name=SECRET)
        Membership.objects.create(project=self.project, user=self.owner, role="manager")
        endpoint = make_endpoint(MODEL, display_name=f"{SECRET} Pro", owner=SECRET)
        own = private_project(self.owner)
        self.things = [
            make_things(self.owner, endpoint, file, project, word=SECRET)
            for project in (self.project, own)
        ]
        self.run = self._run(endpoint, file, 1)
        self.gone = self._run(endpoint, file, 2)
        self.share = self._share(
            [self.run, self.gone],
            title="Posters",
            shows_models=False,
            shows_settings=False,
            shows_prices=False,
            picks=Share.Picks.SOME,
            takes_comments=True,
        )
        Run.objects.filter(pk=self.gone.pk).update(deleted_at=timezone.now())
        titled = {"title": SECRET, "note": SECRET}
        hidden = Run.objects.get(pk=self.things[0].keys["run"])
        self.others = [
            self._share([hidden], **titled, password="hashed"),
            self._share([hidden], **titled, audience=Share.Audience.PROJECT),
            self._share([hidden], **titled, revoked_at=timezone.now()),
            self._share([hidden], **titled, expires_at=timezone.now()),
        ]

    def _run(self, endpoint: Any, file: str, number: int) -> Run:
        run = Run.objects.create(
            user=self.owner, project=self.project, endpoint=endpoint, state="succeeded",
            arguments={"prompt": SECRET, "seed": 271828182}, title=SECRET,
            form_token=f"walk {number}", output={"text": SECRET},
        )  # fmt: skip
        Artifact.objects.create(
            run=run, position=0, path=SECRET, kind="image", url=f"https://v3.fal.media/{SECRET}.png",
            state="stored", file=file, thumbnail=file, content_type="image/png", width=8, height=8,
        )  # fmt: skip
        return run

    def _share(self, runs: list[Run], **values: Any) -> Share:
        share = Share.objects.create(user=self.owner, project=self.project, **values)
        items.keep_in_step(share, [ResultKey(run.pk, 0) for run in runs])
        return share

    @property
    def keys(self) -> Keys:
        """Return all keys by converter, first the few that fit most routes."""
        of_things = [str(key) for thing in self.things for key in _keys(thing)]
        uuids = [str(self.run.pk), str(self.gone.pk), str(self.share.pk), str(self.others[0].pk)]
        uuids += [key for key in of_things if len(key) == 36]
        ints = [
            "1",
            "0",
            "2",
            str(self.owner.pk),
            str(self.project.pk),
            str(self.share.items.get(number=1).pk),
            "99",
        ]
        ints += [key for key in of_things if key.isdigit()]
        tokens = [self.share.token, self.project.slug, *(other.token for other in self.others)]
        paths = [MODEL, "text-to-image", GUESS, self.owner.username, f"{self.share.token}x"]
        texts = tokens + paths
        return {
            "uuid": list(dict.fromkeys(uuids)),
            "int": list(dict.fromkeys(ints)),
            "str": texts,
            "slug": texts,
            "path": [MODEL, GUESS, *texts],
        }

    def secrets(self) -> list[bytes]:
        """Return everything that only its owner may see."""
        runs = [self.run, self.gone]
        texts = [SECRET, "Quetzal ", "271828182"]
        texts += [text for run in runs for text in (str(run.pk), run.pk.hex)]
        return [text.encode() for text in texts]


def _keys(thing: Things) -> Iterator[Any]:
    yield from thing.keys.values()
    yield from thing.parts.values()


class Walker:
    """A visitor with the link, its cookies, and forged password cookies of all other shares."""

    def __init__(self, world: World, user: User | None) -> None:
        self.client = Client()
        if user:
            self.client.force_login(user)
        world_shares = [world.share, *world.others]
        for share in world_shares:
            self.client.cookies[access.password_cookie(share)] = "guess"
        self.client.get(world.share.get_absolute_url())
        self.cookies = SimpleCookie(self.client.cookies.output(header="", sep=";"))
        self.secrets = world.secrets()

    def get(self, address: str, method: str = "get") -> tuple[int, bytes]:
        """Return the status, and the whole answer with its headers."""
        self.client.cookies = SimpleCookie(self.cookies)
        with transaction.atomic():
            response = getattr(self.client, method)(address)
            transaction.set_rollback(True)
        body = response.getvalue() if not response.streaming else b"".join(response)
        content = body + b"\n".join(f"{k}: {v}".encode() for k, v in response.headers.items())
        return response.status_code, content

    def find_secrets(self, address: str, method: str = "get") -> list[str]:
        """Return the secrets that an address reveals, except those that the address contains."""
        status, content = self.get(address, method)
        assert status < 500 or address == HEALTH, (address, status)
        for part in sorted(re.split(r"[/?&=]", address), key=len, reverse=True):
            if len(part) > 3:
                content = content.replace(part.encode(), b"")
        return [secret.decode() for secret in self.secrets if secret in content]


@pytest.fixture
def world(make_endpoint: Any) -> Iterator[World]:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(content, "PNG")
    file = stored_files.store(ContentFile(content.getvalue(), f"{SECRET}.png"), "image/png").name
    yield World(make_endpoint, file)
    default_storage.delete(file)


def test_every_route_is_walked(world):
    assert len(ROUTES) > 450
    for route in ROUTES:
        assert next(addresses(route, world.keys), None), route.path


def addresses_to_try(route: Route, keys: Keys) -> list[str]:
    """Return a route's addresses; `make test` tries a quarter of a share's and one of any other."""
    is_shares = route.path.startswith(("s/", "shares/"))
    every = enumerate(addresses(route, keys))
    chosen = one_of_each(every, lambda numbered: numbered[0] % 4 if is_shares else 0, route.path)
    return [address for _, address in chosen]


def walk(walker: Walker, world: World, routes: Iterable[Route]) -> dict[str, list[str]]:
    """Return the secrets that the routes reveal, by address."""
    return {
        address: secrets
        for route in routes
        for address in addresses_to_try(route, world.keys)
        if (secrets := walker.find_secrets(address))
    }


def test_a_guest_with_the_link_sees_nothing_at_any_other_address(world):
    assert walk(Walker(world, None), world, ROUTES) == {}


def test_a_stranger_with_an_account_sees_nothing_either(world):
    """An account sees the models of the catalogue, but not those of the owner's work.

    `tests/accounts/test_membership.py` also tries the addresses of things as a stranger.
    """
    walker = Walker(world, User.objects.create_user("sam", password="pw"))
    Endpoint.objects.filter(endpoint_id=MODEL).update(
        endpoint_id="plain/model", display_name="Plain", owner="plain"
    )
    general = [route for route in ROUTES if "<" not in route.path]
    of_things = sample([route for route in ROUTES if "<" in route.path], 30, by_seed=30)
    assert walk(walker, world, [*general, *of_things]) == {}


def test_a_post_at_any_address_of_a_share_tells_and_changes_nothing(world):
    walker = Walker(world, None)
    shares = [route for route in ROUTES if route.path.startswith(("s/", "shares/"))]
    assert len(shares) > 15
    leaks = {
        address: secrets
        for route in shares
        for address in addresses_to_try(route, world.keys)
        if (secrets := walker.find_secrets(address, "post"))
    }
    assert leaks == {}


def test_what_the_share_does_show_is_only_the_picture(world):
    walker = Walker(world, None)
    pages, seen = [world.share.get_absolute_url()], set()
    while pages:
        page = pages.pop()
        if page in seen or not page.startswith(f"/s/{world.share.token}/"):
            continue
        seen.add(page)
        _, content = walker.get(page)
        assert walker.find_secrets(page) == []
        links = (
            LINK.findall(content.decode(errors="replace")) if content.lstrip()[:1] == b"<" else []
        )
        pages += [html.unescape(link).partition("?")[0] for link in links]
    assert f"/s/{world.share.token}/files/1/" in seen
    assert len(seen) > 3
