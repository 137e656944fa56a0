"""Every route does with a project's objects, for every role, what `membership.py` declares.

A route about a run, a board or another object of a project needs a row there.
"""

from collections.abc import Hashable, Iterable, Iterator
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

from accounts import roles
from api import tokens
from projects.kept.models import kinds
from tests.accounts.membership import (
    HOUSE,
    MEMBERS,
    MEMBERSHIP,
    METHODS,
    OBJECTS,
    PROGRAMS,
    ROLES,
    Rule,
    declared,
)
from tests.accounts.routes import routes
from tests.accounts.test_access import ENDPOINT, word
from tests.accounts.things import Things, make_things
from tests.projects.people import make_project
from tests.sampling import IS_EXHAUSTIVE, one_of_each, sample

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.system]
# Parts of the API's addresses that name an object.
KEYS = ("run_id", "preset_id", "upload_id", "board_id", "flow_id", "flow_run_id")
# Their names begin with an object's, but they are about none, or need a ticket.
GENERAL = {"playground:upload-tool", "playground:presets", "boards:vote-file"}


class World:
    """A project with a member of each role, and objects in six places."""

    def __init__(self, endpoint: Any, file: str) -> None:
        project = make_project(
            "Acme", viewer="viewer", maker="maker", manager="manager", author="maker"
        )
        other = make_project("Other", author="maker")
        make_project("Third", stranger="maker")
        for role in HOUSE:
            roles.set_role(User.objects.create_user(role), roles.Role(role), None)
        people = {user.username: user for user in User.objects.all()}
        author = people["author"]
        self._shared = {
            "project's": make_things(author, endpoint, file, project),
            "hidden": make_things(author, endpoint, file, project, is_hidden=True),
            "elsewhere": make_things(author, endpoint, file, other),
            "private": make_things(author, endpoint, file),
            "deleted": make_things(author, endpoint, file, project, deleted_at=timezone.now()),
        }
        members = (people["viewer"], people["maker"], people["manager"])
        self._own = {user.username: make_things(user, endpoint, file, project) for user in members}
        self._cookies = {"anonymous": SimpleCookie()}
        for name in ROLES[1:]:
            browser = Client()
            browser.force_login(people[name])
            self._cookies[name] = browser.cookies
        self._tokens = {
            name: tokens.create(user, "script", scopes=["read", "run"])[1]
            for name, user in people.items()
        }
        self._browser = Client()

    def things(self, role: str, thing: str) -> Things | None:
        """Return the objects of a place for a role; None if the role has none of its own."""
        return self._own.get(role) if thing == "own" else self._shared[thing]

    def token(self, role: str) -> str:
        """Return the token of the person with the role."""
        return self._tokens[role]

    def ask(
        self, role: str, method: str, name: str, thing: str, headers: dict[str, str] | None = None
    ) -> str:
        """Request a route as a role, undo the effects, and return the word for the answer."""
        things = self.things(role, thing)
        assert things
        self._browser.cookies = SimpleCookie()
        if not name.startswith("api:"):
            self._browser.cookies.load(self._cookies[role].output(header="", sep=";"))
        elif role in self._tokens:
            headers = {"Authorization": f"Bearer {self._tokens[role]}"}
        with transaction.atomic():
            response = getattr(self._browser, method)(things.address(name), headers=headers)
            transaction.set_rollback(True)
        if response.streaming:
            b"".join(response.streaming_content)
        return word(response, name)

    def differences(
        self, routes: Iterable[tuple[str, str, Rule]], headers: dict[str, str] | None = None
    ) -> list[tuple[str, ...]]:
        """Return where these routes differ from the rules: (…, role, object, word).

        Without headers, requests of the API have a token.
        """
        return [
            (method, name, role, thing, answer)
            for name, method, rule in routes
            for role, thing, word in self._cells(name, method, rule)
            if (answer := self.ask(role, method, name, thing, headers)) != word
        ]

    def _cells(self, name: str, method: str, rule: Rule) -> list[tuple[str, str, str]]:
        """Return the roles and objects to try, with the expected words.

        `make test` tries both sides of each limit between roles, somebody for whom hidden, deleted
        and others' objects do not exist, and one more: 6 to 8 of 38 cells.
        """

        def word(role: str, thing: str) -> str:
            return declared(rule, name, method, role, thing)

        def kind(cell: tuple[str, str, str]) -> Hashable:
            role, thing, expected = cell
            if expected == "none":
                return thing if thing in {"hidden", "deleted"} else "others'"
            if role not in MEMBERS:
                return role, expected
            beyond = MEMBERS.index(role) + (1 if expected == "no" else -1)
            is_limit = beyond not in range(3) or word(MEMBERS[beyond], thing) != expected
            return (role, expected) if is_limit else "further"

        every = [
            (role, thing, word(role, thing))
            for role in ROLES
            for thing in OBJECTS
            if self.things(role, thing)
        ]
        return one_of_each(every, kind, (name, method))


@pytest.fixture
def world(make_endpoint: Any, settings: Any) -> Iterator[World]:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    settings.RATE_LIMITS = False
    file = default_storage.save("tests/membership.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    yield World(make_endpoint(ENDPOINT, tags=["realtime"]), file)
    default_storage.delete(file)


def about_things() -> set[str]:
    """Return the pages' routes whose address names an object in a project."""
    kept = (kind.slug for kind in kinds())
    things = Things(dict.fromkeys(("run", "artifact", "upload", "vote", *kept), "key"))
    return {
        route.name
        for route in routes(get_resolver("config.urls").url_patterns)
        if "<" in route.path
        and not route.name.startswith(("admin:", "api:"))
        and things.key_of(route.name)
    } - GENERAL


def test_every_route_about_a_thing_has_a_row():
    assert about_things() == set(MEMBERSHIP), "declare it in tests/accounts/membership.py"


def of_pages(names: Iterable[str]) -> Iterator[tuple[str, str, Rule]]:
    """Yield these routes with both methods. `test_access.py` also tests missing methods."""
    for name in names:
        for method, rule in zip(METHODS, MEMBERSHIP[name], strict=True):
            if rule.says or IS_EXHAUSTIVE:
                yield name, method, rule


@pytest.mark.always
def test_each_role_gets_of_each_thing_what_the_rules_say(world):
    routes = of_pages(sample(sorted(MEMBERSHIP), 30, by_seed=30))
    assert not world.differences(routes)


def test_fragments_are_as_closed_as_pages(world):
    routes = of_pages(sample(sorted(MEMBERSHIP), 4, by_seed=4))
    assert not world.differences(routes, {"HX-Request": "true"})


def test_every_route_of_programs_about_a_thing_has_a_row():
    read_first = {"boards-cells", "boards-runs", "flows-estimates", "flows-runs"}
    of_programs = {
        route.name
        for route in routes(get_resolver("config.urls").url_patterns)
        if route.name.startswith("api:v1-") and any(f":{key}>" in route.path for key in KEYS)
    }
    rows = {name for name, _ in PROGRAMS}
    assert of_programs == rows | {f"api:v1-{name}" for name in read_first}


def test_programs_get_what_their_users_role_says(world):
    routes = [(name, method, rule) for (name, method), rule in PROGRAMS.items()]
    assert not world.differences(routes)
