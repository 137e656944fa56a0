"""A program signs in by a person's browser, and gets the row that any other token has."""

from decimal import Decimal

import pytest
from allauth.idp.oidc.models import Token as Issued

from api import tokens
from api.models import Token
from core.refusals import Refused
from features.spending.models import Budget
from tests.api.oauth.program import BACK, Program, answer, back_in, code_in
from tests.projects.people import make_project

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def test_a_program_finds_its_way_from_a_refusal_to_a_token(member, user):
    resource = member.get("/.well-known/oauth-protected-resource/mcp").json()
    assert resource["resource"] == "http://testserver/mcp"
    (issuer,) = resource["authorization_servers"]
    server = member.get("/.well-known/oauth-authorization-server").json()
    assert server["issuer"] == issuer
    assert server == member.get("/.well-known/openid-configuration").json()
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["registration_endpoint"] == "http://testserver/oauth/registration/"
    program = Program()
    answered = program.exchanges(program.consents(member)).json()
    assert answered["token_type"] == "Bearer"
    assert set(answered["scope"].split()) == {"read", "run"}
    assert program.reads(answered["access_token"]) == 200
    row = Token.objects.get()
    assert (row.user, row.name, row.scope_list) == (user, "Claude", ["read", "run"])
    assert row.project is None


def test_the_person_chooses_what_where_and_up_to_which_sum(member, user):
    project = make_project("Spring", ana="maker")
    program = Program()
    page = program.page(member)
    assert "assistant.example" in page
    assert "nobody has verified it" in page
    chosen = answer(page, scopes=["read"], project=project.slug, limit="5.00", period="day")
    program.exchanges(code_in(member.post("/oauth/authorize/", chosen)))
    row = Token.objects.get()
    assert (row.scope_list, row.project) == (["read"], project)
    budget = Budget.objects.get()
    assert (budget.token, budget.limit, budget.period) == (row, Decimal("5.00"), "day")


def test_a_wrong_sum_stays_beside_its_field(member):
    program = Program()
    post = answer(program.page(member), limit="much")
    page = member.post("/oauth/authorize/", post).content.decode()
    assert "Say up to which sum" in page
    assert 'value="much"' in page
    assert code_in(member.post("/oauth/authorize/", post | {"limit": "2"}))


def test_refresh_tokens_rotate_and_the_row_stays(member):
    program = Program()
    first = program.exchanges(program.consents(member)).json()
    second = program.refreshes(first["refresh_token"]).json()
    assert program.reads(second["access_token"]) == 200
    assert program.refreshes(first["refresh_token"]).status_code == 400
    assert Token.objects.count() == 1


def test_a_program_may_ask_for_less_than_it_has(member):
    program = Program()
    first = program.exchanges(program.consents(member)).json()
    assert program.cancels(first["access_token"]) == 404  # it may: there is no such run
    less = program.refreshes(first["refresh_token"], scope="read").json()
    assert program.reads(less["access_token"]) == 200
    assert program.cancels(less["access_token"]) == 403


def test_who_revokes_ends_it_at_once_and_for_good(member, user):
    program = Program()
    answered = program.exchanges(program.consents(member)).json()
    row = Token.objects.get()
    page = member.get("/account/tokens/").content.decode()
    assert "Claude" in page
    member.post(f"/account/tokens/{row.pk}/revocation/")
    assert program.reads(answered["access_token"]) == 401
    assert program.refreshes(answered["refresh_token"]).status_code == 400
    row.refresh_from_db()
    with pytest.raises(Refused, match="connect it again"):
        tokens.restore(user, row)


def test_a_program_gives_its_token_back(member):
    program = Program()
    answered = program.exchanges(program.consents(member)).json()
    program.gives_back(answered["access_token"])
    assert program.reads(answered["access_token"]) == 401
    program.gives_back(answered["refresh_token"])
    assert Token.objects.get().revoked_at


def test_a_person_who_says_no_leaves_nothing_behind(member):
    program = Program()
    post = answer(program.page(member), action="cancel")
    page = member.post("/oauth/authorize/", post).content.decode()
    assert f"{BACK}?error=access_denied" in page
    assert not Token.objects.exists()
    assert not Issued.objects.exists()


def test_who_is_not_logged_in_comes_back_after_the_login(client):
    response = client.get(Program().asks())
    assert response.headers["Location"].startswith("/login/?next=/oauth/authorize/")


def test_a_program_of_this_machine_is_led_back_to_by_its_own_scheme(member):
    back = "org.example.editor:/back"
    program = Program(redirect_uris=[back])
    post = answer(program.page(member, redirect_uri=back))
    page = member.post("/oauth/authorize/", post)
    assert page.status_code == 200  # a redirect after a form would be blocked by the page's policy
    assert back_in(page).startswith(f"{back}?code=")


def test_the_house_can_turn_registration_off(member, settings):
    settings.OAUTH_REGISTRATION = False
    server = member.get("/.well-known/oauth-authorization-server").json()
    assert "registration_endpoint" not in server
    assert member.post("/oauth/registration/", {}).status_code == 404


def test_programs_get_json_for_metadata_that_are_not_here(client):
    response = client.get("/.well-known/agent.json")
    assert (response.status_code, response.json()["error"]) == (404, "not_found")
