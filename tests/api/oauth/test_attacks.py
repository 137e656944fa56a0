"""What must not lead to a token: each is refused, and leaves neither a row nor anything issued."""

import time

import pytest
from allauth.idp.oidc.models import Client as Registered
from allauth.idp.oidc.models import Token as Issued
from django.test import Client
from django.utils import timezone

from api.models import Token
from tests.api.oauth.program import BACK, Program, answer, code_in

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

REDIRECTS = [
    "http://assistant.example/back",
    "https://*.assistant.example/back",
    "https://assistant.example/back#part",
    "https://user@assistant.example/back",
    "https:///back",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://assistant.example/\nback",
    "https://assistant.example\\@evil.example/",
    "//evil.example/back",
]


@pytest.mark.parametrize("redirect", REDIRECTS)
def test_a_program_cannot_register_such_a_redirect(redirect):
    program = Program(redirect_uris=[BACK, redirect])
    assert program.registration.status_code == 400
    assert not Registered.objects.exists()


@pytest.mark.parametrize(
    "about",
    [
        {"redirect_uris": []},
        {"redirect_uris": [f"{BACK}/{number}" for number in range(50)]},
        {"grant_types": ["client_credentials"]},
        {"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]},
        {"response_types": ["token"]},
        {"client_name": "<b>Vitrine</b>"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"logo_uri": "x" * 20_000},
    ],
)
def test_a_program_cannot_register_as_something_else(about):
    assert Program(**about).registration.status_code == 400
    assert not Registered.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "unknown"},
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": f"{BACK}/more"},
        {"redirect_uri": "https://assistant.example:444/back"},
        {"response_type": "token"},
        {"response_type": "code id_token"},
        {"code_challenge": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"prompt": "none"},
        {"scope": "read admin"},
        {"resource": "https://other.example/mcp"},
        {"resource": "http://testserver/admin"},
        {"resource": "http://testserver/mcp#part"},
    ],
)
def test_such_a_question_is_never_put(member, changed):
    response = member.get(Program().asks(**changed))
    assert 'name="request"' not in response.content.decode()
    assert "evil.example" not in response.headers.get("Location", "")
    assert not Issued.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "w" * 50},
        {"code_verifier": ""},
        {"redirect_uri": "https://evil.example/back"},
        {"code": "guessed"},
        {"resource": "https://other.example/mcp"},
        {"grant_type": "password", "username": "ana", "password": "x"},
        {"grant_type": "client_credentials"},
    ],
)
def test_a_code_alone_is_not_enough(member, changed):
    program = Program()
    code = program.consents(member)
    response = program.exchanges(**({"code": code} | changed))
    assert response.status_code in {400, 401}
    assert not Token.objects.exists()
    assert not Issued.objects.exclude(type=Issued.Type.AUTHORIZATION_CODE).exists()


def test_another_program_cannot_exchange_it(member):
    code = Program().consents(member)
    assert Program("Other").exchanges(code).status_code in {400, 401}
    assert not Token.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_replayed_code_ends_what_it_gave(member):
    program = Program()
    code = program.consents(member)
    answered = program.exchanges(code).json()
    assert program.exchanges(code).status_code == 400
    assert program.reads(answered["access_token"]) == 401
    assert Token.objects.get().revoked_at


def test_an_old_code_is_worth_nothing(member):
    program = Program()
    code = program.consents(member)
    Issued.objects.update(expires_at=timezone.now())
    assert program.exchanges(code).status_code == 400
    assert not Token.objects.exists()


def test_a_second_press_grants_nothing_more(member):
    program = Program()
    post = answer(program.page(member))
    assert code_in(member.post("/oauth/authorize/", post))
    second = member.post("/oauth/authorize/", post)
    assert not code_in(second)
    assert "answered already" in second.content.decode()


def test_somebody_elses_page_cannot_be_answered(member, stranger):
    post = answer(Program().page(member))
    other = Client()
    other.force_login(stranger)
    assert other.post("/oauth/authorize/", post).status_code == 403
    assert not Issued.objects.exists()


def test_an_old_question_cannot_be_answered(member, monkeypatch):
    post = answer(Program().page(member))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3700)
    page = member.post("/oauth/authorize/", post)
    assert "too old" in page.content.decode()
    assert not Issued.objects.exists()


def test_a_forged_question_cannot_be_answered(member):
    post = answer(Program().page(member))
    forged = post | {"request": post["request"][:-3] + "abc"}
    assert member.post("/oauth/authorize/", forged).status_code == 403


def test_another_site_cannot_press(user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    post = answer(Program().page(strict))
    assert strict.post("/oauth/authorize/", post).status_code == 403
    assert not Issued.objects.exists()


def test_scopes_beyond_the_question_are_refused(member):
    post = answer(Program().page(member, scope="read"), scopes=["read", "curate"])
    assert not code_in(member.post("/oauth/authorize/", post))
    assert not Issued.objects.exists()


def test_a_project_of_others_cannot_be_chosen(member, stranger):
    from tests.projects.people import make_project

    project = make_project("Theirs", **{stranger.username: "maker"})
    post = answer(Program().page(member), project=project.slug)
    assert not code_in(member.post("/oauth/authorize/", post))


def test_a_refresh_token_and_a_code_open_nothing(member):
    program = Program()
    code = program.consents(member)
    assert program.reads(code) == 401
    answered = program.exchanges(code).json()
    assert program.reads(answered["refresh_token"]) == 401


def test_who_left_the_house_takes_their_programs_along(member, user):
    program = Program()
    answered = program.exchanges(program.consents(member)).json()
    user.is_active = False
    user.save()
    assert program.reads(answered["access_token"]) == 401
