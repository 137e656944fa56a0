"""Questions to a token's person about what a call costs: read one, answer it."""

from __future__ import annotations

from api import consents
from api.contract.operation import Body, Call, Parameter, Reply, Response, operation
from api.http.problem import Problem
from api.models import Consent

CONSENT = Parameter(
    "consent_id",
    {"type": "string", "format": "uuid"},
    "the question",
    where="path",
    converter="uuid",
)


@operation(
    "GET",
    "/consents/{consent_id}",
    scope="run",
    tag="runs",
    parameters=[CONSENT],
    responses=[Response(200, "The question and its state.", "Consent")],
    errors=[404],
)
def get_consent(call: Call) -> Reply:
    """Read a question that a call with this token has asked."""
    return consents.reply(_find(call), call)


@operation(
    "POST",
    "/consents/{consent_id}/answer",
    scope="run",
    tag="runs",
    parameters=[CONSENT],
    body=Body("ConsentAnswer"),
    responses=[Response(200, "The question with the answer.", "Consent")],
    errors=[404, 409],
)
def answer_consent(call: Call) -> Reply:
    """Answer a question with what the person chose in your program's form."""
    consent = _find(call)
    program = call.body.get("program", "")
    if not consents.answer(consent, Consent.Way.FORM, program, agrees=call.body["agrees"]):
        raise Problem(409, "This question is answered already, or has expired.", slug="not-agreed")
    return consents.reply(consent, call)


def _find(call: Call) -> Consent:
    consent = consents.questions_of(call).filter(pk=call.values["consent_id"]).first()
    if consent is None:
        raise Problem(404, "This token has asked no such question.")
    return consent
