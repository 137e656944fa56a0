"""Asks a person about money through the assistant's client, in a way that the client declares.

A client of MCP 2026-07-28 receives "input required" as the answer to its call, and repeats the call
with the person's answer. All other clients receive the address of the question's page: an older
protocol asks within a session, and `/mcp` has none.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mcp.server.mcpserver import Context
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitRequestURLParams,
    ElicitResult,
    InputRequests,
    InputRequiredResult,
)
from mcp_types.version import is_version_at_least

INPUT_REQUIRED_SINCE = "2026-07-28"
NAME = "consent"  # of the one question of a call
YES = "run"  # of the form's one field


class InputRequired(Exception):
    """The call is answered with a question; the client repeats it with the person's answer."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__()
        self.result = result


class EarlierAnswer(NamedTuple):
    """The answer in a repeated call: the question's id, and yes or no; None if its page has it."""

    consent_id: str
    agrees: bool | None


class Asking:
    """Asks the person of one call."""

    def __init__(self, context: Context[Any, Any]) -> None:
        self._context = context

    @property
    def program(self) -> str:
        """Return the client's own name and version; empty if it sends none."""
        params = self._context.session.client_params
        return f"{params.client_info.name} {params.client_info.version}"[:80] if params else ""

    def earlier_answer(self) -> EarlierAnswer | None:
        """Return the answer to an earlier question in this call; None for a first call.

        The question's id comes back sealed, so it belongs to this call with these arguments.
        """
        consent_id = self._context.request_state
        answer = (self._context.input_responses or {}).get(NAME)
        if not consent_id or not isinstance(answer, ElicitResult):
            return None
        if answer.action == "accept" and not self._declares_form():
            return EarlierAnswer(consent_id, None)  # the page was opened, which is not yet a yes
        return EarlierAnswer(consent_id, _is_yes(answer))

    def ask(self, consent: dict[str, Any], message: str) -> None:
        """Raise InputRequired with the question; return if this client cannot ask."""
        params: Any = None
        if self._declares_form():
            schema = _schema(consent["price"])
            params = ElicitRequestFormParams(message=message, requested_schema=schema)
        elif self._declares_url():
            params = ElicitRequestURLParams(message=message, url=consent["url"])
        if params is None or not self._is_modern:
            return
        requests: InputRequests = {NAME: ElicitRequest(params=params)}
        raise InputRequired(
            InputRequiredResult(input_requests=requests, request_state=consent["id"])
        )

    @property
    def _is_modern(self) -> bool:
        version = self._context.protocol_version
        return version is not None and is_version_at_least(version, INPUT_REQUIRED_SINCE)

    def _declares_form(self) -> bool:
        declared = self._elicitation
        # An empty declaration means forms, as in versions without URLs.
        return declared is not None and (declared.form is not None or declared.url is None)

    def _declares_url(self) -> bool:
        declared = self._elicitation
        return declared is not None and declared.url is not None

    @property
    def _elicitation(self) -> Any:
        capabilities = self._context.client_capabilities
        return capabilities.elicitation if capabilities else None


def _is_yes(answer: ElicitResult) -> bool:
    return answer.action == "accept" and (answer.content or {}).get(YES) is True


def _schema(price: str) -> dict[str, Any]:
    title = f"Run for {price}" if price.startswith("$") else f"Run ({price})"
    return {
        "type": "object",
        "properties": {YES: {"type": "boolean", "title": title}},
        "required": [YES],
    }
