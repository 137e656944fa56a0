"""The page "Put this in front of your code": its lines, the token shown once, the first request."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from api import tokens
from api.clients import CLIENTS, PLACEHOLDER
from api.models import Token
from runs.models import Charge, Run
from tests.api.views.proxy_call import FLUX, send
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"vitrine_[A-Za-z0-9_-]{43}")
NEW = {"name": "my script", "scope": ["read", "run"], "days": "90"}


def _read_page(browser: Any, **asked: Any) -> str:
    """Return the page with single spaces, so that a sentence stands in one line."""
    response = browser.get(reverse("api:clients"), asked)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def schnell(make_endpoint: Any) -> Any:
    return make_endpoint("fal-ai/flux/schnell", category="text-to-image", unit_price_usd="0.003")


@pytest.mark.parametrize("key", CLIENTS)
def test_each_client_has_a_page_without_a_token(member, schnell, key):
    page = _read_page(member, client=key)
    assert (PLACEHOLDER in page) != CLIENTS[key].signs_in
    assert "testserver" in page
    assert not SECRET.search(page)


def test_the_public_address_of_the_server_is_in_the_lines(member, settings):
    settings.PUBLIC_URL = "https://vitrine.example"
    assert "https://vitrine.example/api/fal/queue/fal-ai/flux/schnell" in _read_page(
        member, client="curl"
    )


def test_a_new_token_is_in_the_lines_once(member, user, schnell):
    response = member.post(f"{reverse('api:clients')}?client=fal-client", NEW)
    page = response.content.decode()
    (secret,) = set(SECRET.findall(page))
    token = tokens.authenticate(secret)
    assert token is not None
    assert (token.user, token.scopes) == (user, "read run")
    assert f"export FAL_KEY={secret}" in page
    assert "no-store" in response.headers["Cache-Control"]
    assert not SECRET.search(_read_page(member, client="fal-client", token=token.pk))


def test_a_name_that_is_taken_gets_a_number(member, user):
    tokens.create(user, "curl")
    assert 'value="curl 2"' in _read_page(member, client="curl")
    refused = member.post(f"{reverse('api:clients')}?client=curl", NEW | {"name": "curl"})
    assert refused.status_code == 422
    assert "You have a token “curl” already" in refused.content.decode()
    assert Token.objects.count() == 1


def test_the_page_waits_for_a_token_and_then_shows_its_first_run(member, user, make_endpoint):
    token, secret = tokens.create(user, "script")
    _, other = tokens.create(user, "other")
    make_endpoint(FLUX)
    waiting = _read_page(member, token=token.pk)
    assert "Waiting for the first request with this token…" in waiting
    assert 'http-equiv="refresh"' in waiting
    for key in (other, secret, secret):
        program = Client(headers={"Authorization": f"Key {key}"})
        send(program, "POST", f"https://queue.fal.run/{FLUX}", {"prompt": "a mill"})
    _, first, _ = Run.objects.order_by("created_at")
    Charge.objects.filter(run=first).update(amount="0.003")
    arrived = _read_page(member, token=token.pk)
    assert f"{FLUX}</bdi>, waiting, $0.003" in arrived
    assert first.get_absolute_url() in arrived
    Run.objects.filter(pk=first.pk).update(state="succeeded", ended_at=timezone.now())
    ended = _read_page(member, token=token.pk)
    assert f"{FLUX}</bdi>, done, $0.003" in ended
    assert "hx-trigger" not in ended.partition('id="first-request"')[2].partition(">")[0]


def test_a_poll_without_news_changes_nothing(member, user):
    token, secret = tokens.create(user, "script")
    query = {"token": token.pk, "seen": "none"}
    poll = {"headers": {"HX-Request": "true"}}
    assert member.get(reverse("api:clients"), query, **poll).status_code == 204
    tokens.authenticate(secret)
    assert member.get(reverse("api:clients"), query, **poll).status_code == 200


def test_a_trial_is_the_tokens_first_run_once(member, user, schnell):
    acme = make_project("Acme", ana="maker")
    token, _ = tokens.create(user, "script", project=acme)
    assert "Try it here: " in _read_page(member, token=token.pk)
    for _ in range(2):
        response = member.post(reverse("api:token-trial", args=[token.pk]) + "?client=n8n")
        assert response.url == f"{reverse('api:clients')}?client=n8n&token={token.pk}&tried=1"
    run = Run.objects.get()
    assert (run.endpoint, run.project, run.charge.token_id) == (schnell, acme, token.pk)
    assert "Try it here: " not in _read_page(member, token=token.pk)


def test_a_trial_is_refused_where_the_token_may_not_run(member, user, stranger, schnell):
    reading, _ = tokens.create(user, "reads", ["read"])
    viewing, _ = tokens.create(user, "views", project=make_project("Acme", ana="viewer"))
    theirs, _ = tokens.create(stranger, "theirs")
    for token, status in ((reading, 403), (viewing, 403), (theirs, 404)):
        assert member.post(reverse("api:token-trial", args=[token.pk])).status_code == status
    assert member.get(reverse("api:clients"), {"token": theirs.pk}).status_code == 404
    assert not Run.objects.exists()
