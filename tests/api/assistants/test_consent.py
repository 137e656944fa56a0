"""No expensive run starts for an assistant without its person's recorded yes, in both protocols."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.test import Client as Browser
from mcp import MCPError
from mcp.client import ClientSession
from mcp_types import (
    ClientCapabilities,
    ElicitationCapability,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequiredResult,
    UrlElicitationCapability,
)

from accounts.audit.entries import AuditEntry
from api import tokens
from api.models import Consent, Token
from catalog.models import Endpoint
from core.db import clock
from features.flows.models import FlowRun
from features.spending.models import Budget, SpendingRules
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.api.assistants.conftest import FLUX, text_of

# imported where it is used: otherwise every process pays half a second when collecting tests
if TYPE_CHECKING:
    from mcp import Client

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db(transaction=True),
    pytest.mark.system,
]
PAID: dict[str, Any] = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}, "wait_s": 0}
YES = ElicitResult(action="accept", content={"run": True})


@pytest.fixture
def unpriced_model(flux: Any) -> Any:
    """A model of unknown price, in a house whose sessions have a budget."""
    Endpoint.objects.filter(pk=flux.pk).update(unit_price_usd=None)
    SpendingRules.objects.create(pk=1, assumed=2)
    Budget.objects.create(scope="session", period="once", limit=5)
    return flux


class Person:
    """Answers each question of a client in the same way, after an optional action."""

    def __init__(self, answer: ElicitResult = YES, meanwhile: Any = None) -> None:
        self.questions: list[Any] = []
        self._answer, self._meanwhile = answer, meanwhile

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.questions.append(params)
        if self._meanwhile:
            await sync_to_async(self._meanwhile)()
        return self._answer


def run_once(talk: Any, person: Any = None, paid: Any = PAID, **how: Any) -> Any:
    """Make one paid call by a client of this person; return the answer."""

    async def conversation(client: Client) -> Any:
        tool = "run_flow" if "flow_id" in paid else "run_model"
        return await client.call_tool(tool, paid)

    return talk(conversation, cap=5, elicitation_callback=person, **how)


def test_a_form_asks_and_the_audit_log_names_what_was_agreed(talk, unpriced_model):
    person = Person()
    answer = run_once(talk, person)
    (question,) = person.questions
    assert isinstance(question, ElicitRequestFormParams)
    assert f"Run {FLUX} for Price unknown? This session may spend $5 more." in question.message
    assert "120 seconds" in question.message
    assert question.requested_schema["properties"]["run"]["title"] == "Run (Price unknown)"
    run = Run.objects.get()
    assert str(run.pk) in text_of(answer)
    entry = AuditEntry.objects.get(event="agreed to pay for")
    assert entry.object_repr == f"Price unknown for {FLUX}"
    assert f"Price unknown for {FLUX}, asked by “assistant”, answered by a form" in entry.detail
    assert str(run.pk) in entry.detail
    assert entry.actor_name == run.user.username
    assert Consent.objects.get().state == "started"


def test_a_known_price_is_not_asked_about(talk, unpriced_model):
    Endpoint.objects.update(unit_price_usd="0.5")
    person = Person()
    run_once(talk, person)
    assert (person.questions, Run.objects.count()) == ([], 1)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_unknown_price_is_asked_about(talk, flux, mode):
    Endpoint.objects.update(unit_price_usd=None)
    answer = run_once(talk, None, mode=mode)
    assert "for Price unknown?" in text_of(answer)
    assert Run.objects.count() == 0
    if mode == "auto":
        run_once(talk, Person())
        assert Run.objects.count() == 1


NO = {
    "declined": ElicitResult(action="decline"),
    "cancelled": ElicitResult(action="cancel"),
    "accepted without a word": ElicitResult(action="accept"),
    "not ticked": ElicitResult(action="accept", content={"run": False}),
    "a word": ElicitResult(action="accept", content={"run": "yes"}),
}


@pytest.mark.parametrize("answer", NO.values(), ids=NO)
def test_what_is_no_yes_starts_nothing(talk, unpriced_model, answer):
    result = run_once(talk, Person(answer))
    assert result.is_error
    assert "The person said no" in text_of(result)
    assert Run.objects.count() == 0
    assert AuditEntry.objects.filter(event="declined to pay for").count() == 1


def _dearer() -> None:
    Endpoint.objects.update(unit_price_usd="0.7")


def _expire_consents() -> None:
    Consent.objects.update(expires_at=clock.now() - timedelta(seconds=1))


def _used() -> None:
    Consent.objects.update(started="00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize(
    ("meanwhile", "sentence"),
    [
        (_dearer, "The price has changed"),
        (_expire_consents, "has expired"),
        (_used, "The person agreed to one start only"),
    ],
)
def test_a_yes_holds_for_what_was_asked(talk, unpriced_model, meanwhile, sentence):
    result = run_once(talk, Person(meanwhile=meanwhile))
    assert result.is_error
    assert sentence in text_of(result)
    assert Run.objects.count() == 0


def test_a_client_that_says_yes_by_itself_stays_within_the_limit(talk, unpriced_model):
    async def conversation(client: Client) -> list[Any]:
        return [await client.call_tool("run_model", PAID) for _ in range(4)]

    answers = talk(conversation, cap=50, elicitation_callback=Person())
    assert [answer.is_error for answer in answers] == [False, False, True, True]
    assert "this session may spend 1 more" in text_of(answers[-1])
    assert Run.objects.count() == 2


@pytest.mark.parametrize("assumed", [None, Decimal("0.1")])
def test_a_run_of_unknown_cost_counts_in_its_session_until_that_is_known(talk, flux, assumed):
    """It counts with the sum that the house assumes, or else as everything that is left."""
    Endpoint.objects.update(unit_price_usd=None)
    SpendingRules.objects.create(pk=1, assumed=assumed)
    Budget.objects.create(scope="session", period="once", limit=Decimal("0.3"))

    def end_first() -> int:
        runs = Run.objects.order_by("created_at")
        Endpoint.objects.update(unit_price_usd="0.05", price_unit="images", currency="USD")
        ended = Observation("succeeded", output={}, billable_units="2")
        state_machine.record(runs[0].pk, ended)
        return runs.count()

    async def conversation(client: Client) -> int:
        for _ in range(4):
            await client.call_tool("run_model", PAID)
        count = await sync_to_async(end_first)()
        for _ in range(5):
            await client.call_tool("run_model", PAID)
        return int(count)

    counts = talk(conversation, cap=50, elicitation_callback=Person())
    assert (counts, Run.objects.count()) == ((3, 3) if assumed else (1, 5))


def test_answers_that_nobody_was_asked_for_start_nothing(talk, unpriced_model):
    """Answers without a question, for other arguments, with an invented state, and twice."""

    async def conversation(client: Client) -> list[Any]:
        async def call(arguments: Any = PAID, state: Any = None, allow: bool = True) -> Any:
            return await client.session.call_tool(
                "run_model",
                arguments,
                input_responses={"consent": YES},
                request_state=state,
                allow_input_required=True,
            )

        question = await call()
        assert isinstance(question, InputRequiredResult)
        other = PAID | {"arguments": {"prompt": "a dog"}}
        refused = []
        for arguments, state in [(other, question.request_state), (PAID, "v1.made-up")]:
            with pytest.raises(MCPError) as error:
                await call(arguments, state)
            refused.append(str(error.value))
        assert await sync_to_async(Run.objects.count)() == 0
        twice = await asyncio.gather(*(call(PAID, question.request_state) for _ in range(4)))
        again = await call(PAID, question.request_state)
        return [refused, twice, again]

    refused, twice, again = talk(conversation, cap=5, elicitation_callback=Person())
    assert all("Invalid or expired requestState" in sentence for sentence in refused)
    assert sum(not answer.is_error for answer in twice) == 1
    assert again.is_error
    assert Run.objects.get().arguments == {"prompt": "a cat"}


def test_another_person_cannot_use_a_yes(talk, unpriced_model, django_user_model):
    states: list[str] = []

    async def ask(client: Client) -> None:
        question = await client.session.call_tool("run_model", PAID, allow_input_required=True)
        assert isinstance(question, InputRequiredResult)
        states.append(str(question.request_state))

    async def use(client: Client) -> None:
        with pytest.raises(MCPError, match="Invalid or expired requestState"):
            await client.session.call_tool(
                "run_model", PAID, input_responses={"consent": YES}, request_state=states[0]
            )

    talk(ask, elicitation_callback=Person(), cap=5)
    talk(use, elicitation_callback=Person(), cap=5)  # by another token
    _, secret = tokens.create(django_user_model.objects.create_user("eve"), "hers")
    consent = Consent.objects.get()
    program = Browser(headers={"Authorization": f"Bearer {secret}"})
    path = f"/api/v1/consents/{consent.pk}"
    body = {"agrees": True}
    assert program.get(path).status_code == 404
    assert program.post(f"{path}/answer", body, "application/json").status_code == 404
    run = {"endpoint_id": FLUX, "arguments": {"prompt": "a cat"}}
    stolen = program.post(f"/api/v1/runs?consent={consent.pk}", run, "application/json")
    assert stolen.status_code == 409
    assert Run.objects.count() == 0


def link_of(answer: Any) -> str:
    """Return the path of the page that a text names."""
    (line,) = (line for line in text_of(answer).splitlines() if "/account/agree/" in line)
    return urlsplit(line.rpartition(" ")[2]).path


@pytest.mark.parametrize(
    ("client", "mode"),
    [(None, "auto"), (None, "legacy"), (Person(), "legacy")],
    ids=["undeclared", "old", "old with forms"],
)
def test_a_client_that_cannot_ask_gets_a_page(
    talk, unpriced_model, user, django_user_model, client, mode
):
    answer = run_once(talk, client, mode=mode)
    path = link_of(answer)
    assert "Nothing has run yet" in text_of(answer)
    shown = answer.meta["vitrine"]
    assert (shown["is_question"], shown["price"]) == (True, "Price unknown")
    eve = Browser()
    eve.force_login(django_user_model.objects.create_user("eve"))
    assert eve.post(path, {"run": "1"}).status_code == 404
    person = Browser()
    # the answer redirects to the login page
    assert person.post(path, {"run": "1"}).status_code == 302
    assert Run.objects.count() == 0
    person.force_login(user)
    page = person.get(path).content.decode()
    assert "Run at an unknown price" in page
    assert "a cat" in page
    assert Run.objects.count() == 0
    started = person.post(path, {"run": "1"})
    run = Run.objects.get()
    assert started.headers["Location"] == run.get_absolute_url()
    assert "was started" in person.get(path).content.decode()
    person.post(path, {"run": "1"})
    assert Run.objects.count() == 1
    assert "by a page of Vitrine" in AuditEntry.objects.get(event="agreed to pay for").detail
    consent = Consent.objects.get()

    async def read(client: Client) -> Any:
        return text_of(await client.call_tool("get_run", {"run_id": str(consent.pk)}))

    # The token that asked may read the run; it is this person's first.
    _, secret = tokens.create(user, "reads")
    Consent.objects.update(token=tokens.authenticate(secret))
    assert str(run.pk) in talk(read, secret=secret)


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        (_expire_consents, 200, "has expired"),
        (_dearer, 409, "The price has changed"),
        (lambda: Token.objects.update(revoked_at=clock.now()), 409, "no longer valid"),
        (lambda: User.objects.update(is_active=True), 302, ""),
    ],
)
def test_the_page_starts_what_was_asked_while_it_was_open(
    talk, unpriced_model, user, change, status, sentence
):
    path = link_of(run_once(talk, None))
    change()
    person = Browser()
    person.force_login(user)
    answer = person.post(path, {"run": "1"})
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert Run.objects.count() == (1 if status == 302 else 0)


def test_no_on_the_page_is_no(talk, unpriced_model, user):
    path = link_of(run_once(talk, None))
    person = Browser()
    person.force_login(user)
    assert "You declined" in person.post(path, {"decline": "1"}).content.decode()
    person.post(path, {"run": "1"})
    assert Run.objects.count() == 0
    assert person.get(path.replace("agree/", "agree/x")).status_code == 404


def test_a_client_that_opens_addresses_waits_for_the_page(talk, unpriced_model, user, monkeypatch):
    addresses = ClientCapabilities(
        elicitation=ElicitationCapability(url=UrlElicitationCapability())
    )
    monkeypatch.setattr(ClientSession, "_build_capabilities", lambda *_: addresses)

    def press() -> None:
        (opened,) = opens.questions
        assert isinstance(opened, ElicitRequestURLParams)
        person = Browser()
        person.force_login(user)
        person.post(urlsplit(opened.url).path, {"run": "1"})

    opens = Person(ElicitResult(action="accept"), press)
    answer = run_once(talk, opens)
    assert str(Run.objects.get().pk) in text_of(answer)


def test_a_flow_asks_as_well(talk, flow):
    Endpoint.objects.update(unit_price_usd=None)
    paid = {"flow_id": str(flow.pk), "wait_s": 0}
    person = Person()
    run_once(talk, person, paid)
    assert f"Run {flow.name} for Price unknown?" in person.questions[0].message
    assert FlowRun.objects.count() == 1
    assert run_once(talk, Person(NO["declined"]), paid).is_error
    assert FlowRun.objects.count() == 1


def test_a_refusal_comes_before_the_question(talk, unpriced_model):
    Endpoint.objects.update(mark="blocked")
    person = Person()
    assert run_once(talk, person).is_error
    assert person.questions == []
