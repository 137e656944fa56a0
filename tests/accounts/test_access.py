"""Every route gives each role, by GET and by POST, what `access/table.py` declares.

A new route needs a row.
"""

import json
from collections.abc import Hashable, Iterator
from datetime import timedelta
from decimal import Decimal
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

import pytest
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from api import consents, tokens
from api.models import Consent, ProxyFile
from catalog.models import Collection, Endpoint, Note
from features.notifications.models import Channel, Delivery, Notification
from features.spending.models import Budget, BudgetRequest, MeasuredPrice, SpendingRules
from house.models import Invitation
from projects import members
from projects.models import Membership, Move, Project, Rule
from runs.models import Preset, Share, Worker
from tests.accounts.access.marks import (
    ANYBODYS,
    CLOSED,
    METHOD,
    OPEN,
    OWNERS_ALONE,
    ROLES,
    Row,
)
from tests.accounts.access.table import ACCESS
from tests.accounts.membership import MEMBERSHIP
from tests.accounts.routes import routes
from tests.accounts.second_factor.journeys import Passkey
from tests.accounts.things import make_things
from tests.sampling import one_of_each, sample

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.system]
ENDPOINT = "fal-ai/flux/dev"
# `test_the_admin_is_closed_to_who_may_not` tests the routes of Django's own admin.
OURS = {"admin:login", "admin:index", "admin:status"}
NAMES = [
    route.name
    for route in routes(get_resolver("config.urls").url_patterns)
    if not route.path.startswith("admin/") or route.name in OURS
]


POSTED = {"catalog:favourites": {"star": ENDPOINT}, "catalog:collections-of": {"in": "best"}}
ADMIN_PAGES = ("changelist", "change", "add", "delete")


class World:
    """People of each role, and an object of the owner's for each route."""

    def __init__(self, endpoint: Any, file: str) -> None:
        self.people = {
            name: User.objects.create_user(name, password="pw")
            for name in ROLES
            if name != "anonymous"
        }
        for name in ("staff", "permitted", "superuser"):
            self.people[name].is_staff = True
            self.people[name].is_superuser = name == "superuser"
            self.people[name].save()
        self.cookies = {"anonymous": SimpleCookie()} | {
            name: self._logged_in(person) for name, person in self.people.items()
        }
        # One client for all requests, because each new one builds the whole middleware chain.
        self._browser = Client()
        owner = self.people["owner"]
        self.things = things = make_things(owner, endpoint, file)
        # Staff see shared presets, not other people's private ones.
        Preset.objects.filter(user=owner).update(is_shared=True)
        link = Share.objects.create(user=owner, endpoint=endpoint, arguments={}, opens_files=True)
        note = Note.objects.create(user=owner, endpoint=endpoint, text="n")
        Collection.objects.create(owner=owner, slug="best", title="Best", is_published=True)
        project = Project.objects.create(slug="best", name="Best")
        Membership.objects.create(project=project, user=owner, role="manager")
        token, _ = tokens.create(owner, "script")
        channel = Channel.objects.create(user=owner, method="email", name="mail")
        delivery = Delivery.objects.create(user=owner, method="email", channel=channel)
        line = Notification.objects.create(user=owner, kind="run_finished", key="a", subject="b")
        SpendingRules.objects.create(pk=1, unknown="allow")
        budget = Budget.objects.create(scope="person", person=owner, limit=100)
        consent = Consent.objects.create(
            token=token, project=project, body={}, inputs={}, expires_at=timezone.now()
        )
        Worker.objects.create(name="w", beat_at=owner.date_joined)
        file_of_proxy = ProxyFile.objects.create(user=owner, upload_id=things.keys["upload"])
        things.parts |= {
            "webhook_id": channel.pk, "delivery_id": delivery.pk, "file_id": file_of_proxy.pk,
            "user_id": owner.pk, "project_id": project.pk,
            "consent_id": consent.pk, "signed": consents.address(consent).split("/")[-2],
        }  # fmt: skip
        ended = members.RemovedMember(
            project.pk, self.people["user"].pk, "maker", "2026-11-27T00:00Z"
        )
        invitation = self._invitation(owner)
        things.parts |= {
            "invitation": invitation,
            "favourite": timezone.now().isoformat(),
            "collection": "best",
        }
        things.keys |= {
            "membership": ended.token(),
            "note": note.pk, "link-": link.pk, "token": token.pk,
            "auth_user": owner.pk, "channel": channel.pk, "delivery": delivery.pk, "line": line.pk,
            "look": things.keys["run"],
            "invitation-revocation": invitation,
            "mfa_": self._second_factor(owner),
            "budget": budget.pk,
            "rule": Rule.objects.create(kind="owner", value="nobody").pk,
            "request": self._request(budget),
            "price-agreement": self._price(endpoint),
            "move": Move.objects.create(user=owner, target=project, rows=[]).pk,
        }  # fmt: skip

    def _invitation(self, owner: User) -> int:
        invitation = Invitation.objects.create(
            digest="d", made_by=owner, expires_at=timezone.now() + timedelta(days=1)
        )
        return invitation.pk

    def _request(self, budget: Budget) -> UUID:
        values = {"user": budget.person, "amount": 1, "sentence": "s", "period": "2026-11"}
        return BudgetRequest.objects.create(budget=budget, **values).pk

    def _price(self, endpoint: Endpoint) -> int:
        sums = dict.fromkeys(("median", "low", "high", "spread"), Decimal(1))
        row = MeasuredPrice.objects.create(endpoint=endpoint, count=5, is_used=False, **sums)
        return row.endpoint_id

    def _second_factor(self, owner: User) -> int:
        TOTP.activate(owner, generate_totp_secret())
        RecoveryCodes.activate(owner)
        credential = Passkey().create({"user": {"id": "b3du"}, "challenge": b"c" * 16})
        return int(WebAuthn.add(owner, "Laptop", json.loads(credential)).instance.pk)

    def _logged_in(self, person: User) -> SimpleCookie:
        browser = Client()
        browser.force_login(person)
        request = HttpRequest()
        request.session = browser.session
        # with a fresh login, no page asks to confirm it
        record_authentication(request, person, "password")
        request.session.save()
        return browser.cookies

    def address(self, name: str) -> str:
        """Return the address of a route about the owner's object."""
        return self.things.address(name)

    def ask(self, role: str, method: str, name: str, needs: str) -> str:
        """Request a route as a role, undo the effects, and return the word for the answer."""
        if role == "permitted":
            app, _, code = needs.partition(".")
            permissions = Permission.objects.filter(content_type__app_label=app, codename=code)
            assert permissions or not needs
            self.people[role].user_permissions.set(permissions)
        self._browser.cookies = SimpleCookie(self.cookies[role].output(header="", sep=";"))
        with transaction.atomic():
            response = getattr(self._browser, method)(self.address(name), POSTED.get(name))
            transaction.set_rollback(True)
        if response.streaming:
            b"".join(response.streaming_content)  # reading to the end closes the file
        return word(response, name)


def word(response: Any, name: str) -> str:
    """Return the word of the table for a response."""
    location = response.headers.get("Location", "")
    # "/login/again/" asks a logged-in user to confirm the login.
    is_led_away = (
        "/login/" in location
        and not location.startswith("/login/again/")
        and name not in {"account_logout", "admin:login"}
    )
    if name == "playground:webhook" and response.status_code == 401:
        return "no"  # upstream has not signed it
    if response.status_code == 401 or is_led_away:
        return "login"
    assert response.status_code < 500 or name == "operations:healthz", (name, response.status_code)
    return {403: "no", 404: "none", 405: "-", 410: "-"}.get(response.status_code, "yes")


@pytest.fixture
def world(make_endpoint: Any, settings: Any) -> Iterator[World]:
    settings.REALTIME_URL = "wss://vitrine.test/live"
    file = default_storage.save("tests/access.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    yield World(make_endpoint(ENDPOINT, tags=["realtime"]), file)
    default_storage.delete(file)


def test_every_route_has_a_row_and_every_row_a_route():
    assert set(ACCESS) == set(NAMES), (
        "declare what each role gets there in tests/accounts/access/table.py"
    )


WALKED = (OWNERS_ALONE, True)  # `test_membership.py` tests these too, as members and as strangers


def cells(name: str, row: Row) -> list[tuple[str, str, str]]:
    """Return the roles and methods to try at a route, with the expected words.

    `make test` tries each word of a method once, and always the role with the permission. It tries
    a missing method once, and once a row that is the same for everybody or that
    `test_membership.py` tests.
    """
    every = [
        (role, method, word)
        for method, words in (("get", row.get), ("post", row.post))
        for role, word in zip(ROLES, words.split(), strict=True)
    ]

    def kind(cell: tuple[str, str, str]) -> Hashable:
        role, method, word = cell
        words = row.get if method == "get" else row.post
        if words in {METHOD, CLOSED}:
            return "-"
        if word != "login" and (words in {ANYBODYS, OPEN} or (words, name in MEMBERSHIP) == WALKED):
            return "open"
        return method, word, bool(row.needs) and role == "permitted"

    return one_of_each(every, kind, name)


@pytest.mark.always
def test_each_role_gets_at_each_route_what_the_table_says(world):
    differences = [
        (name, method, role, answer)
        for name, row in sample([*ACCESS.items()], 80, by_seed=80)
        for role, method, word in cells(name, row)
        if (answer := world.ask(role, method, name, row.needs)) != word
    ]
    assert not differences


def test_the_admin_is_closed_to_who_may_not(world):
    names = [route.name for route in routes(get_resolver("config.urls").url_patterns)]
    pages = [n for n in names if n.startswith("admin:") and n.endswith(ADMIN_PAGES) and "_" in n]
    assert len(pages) > 40
    words = {"anonymous": "login", "user": "login", "owner": "login", "staff": "no"}
    for name in pages:
        if name.startswith("admin:password"):
            continue
        for role, word in one_of_each(words.items(), lambda due: due[1], name):
            assert world.ask(role, "get", name, "") == word, (name, role)
    changelists = [name for name in pages if name.endswith("changelist")]
    for name in sample(changelists, 4, by_seed=4):
        app, _, model = name.removeprefix("admin:").removesuffix("_changelist").partition("_")
        assert world.ask("permitted", "get", name, f"{app}.view_{model}") == "yes"
