"""The promises to every client, and how the stage checks that they are kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.clients.recorder import Exchange
from tests.clients.stage import FAL_HOSTS, NAME, Stage
from tests.processes import until

# In the order of the table's columns; a client may have others of its own.
EVERY = ("run", "invalid", "refused", "cancel", "blocked", "budget", "minute")
REFUSALS = {  # the status, and words of which the client must show at least one
    "invalid": (422, ("body", "must be")),
    "refused": (422, ("content_policy_violation", "flagged by a content checker")),
    "blocked": (403, ("is locked by a rule",)),
    "budget": (402, ("This token may spend $0.00",)),
}
MINUTE_S = 60.0
_ADDRESSES = ("status_url", "response_url", "cancel_url")
_RESULT = re.compile(r"(POST /api/fal/(hosts/fal\.run|run)/|GET /api/fal/\S+/requests/[^/ ]+ )")


@dataclass(frozen=True)
class Kept:
    """How a client kept a promise: what its program printed, and how long that took."""

    client: str
    promise: str
    token: str
    facts: dict[str, Any]
    seconds: float
    statuses: dict[str, int | None]
    exchanges: list[Exchange] = field(repr=False)

    @property
    def runs(self) -> set[str]:
        """Return the ids of its runs, from Vitrine's answers or from the client's output."""
        ids = {exchange.headers.get("x-fal-request-id", "") for exchange in self.exchanges}
        return (ids | {self.facts.get("run", "")}) - {""}


def judge(stage: Stage, kept: Kept) -> None:
    """Raise AssertionError unless the promise was kept, as seen at both ends and in between."""
    assert kept.exchanges, "Vitrine was not called"
    if kept.promise in REFUSALS:
        _refused(kept)
    else:
        _SPECIAL.get(kept.promise, _require_file)(stage, kept)
    for exchange in kept.exchanges:
        _addresses_of_caller(exchange)
    if kept.promise == "run":
        _headers(kept)


def _refused(kept: Kept) -> None:
    fals, words = REFUSALS[kept.promise]
    status = kept.statuses.get(kept.promise, fals)
    wire = [exchange.status for exchange in kept.exchanges]
    assert status is None or status in wire, f"no answer has the status {status}: {wire}"
    assert kept.facts["status"] == status, f"the client says {kept.facts}"
    text = kept.facts["text"]
    assert any(word in text for word in words), f"the client says {text[:300]}"


def _require_file(stage: Stage, kept: Kept) -> None:
    """Check that the file is upstream's, byte for byte, or that a text or frame has come."""
    facts = kept.facts
    for sent in facts.get("sent", []):
        assert sent in stage.upstream_files(), "a file that was sent did not come to upstream"
    if "file" in facts:
        assert facts["file"] in stage.upstream_files(), f"not the file that upstream made: {facts}"
    else:
        assert facts.get("text") or facts.get("events", 0) > 1 or facts.get("uploaded"), facts


def _run(stage: Stage, kept: Kept) -> None:
    """Check that the file opens without a token until its run is deleted."""
    _require_file(stage, kept)
    address = kept.facts.get("address") or _file_of(kept.exchanges)
    if address:
        assert address.startswith(f"https://{NAME}/"), f"not Vitrine's own address: {address}"
        answer = stage.client.get(address)
        assert answer.status_code == 200, address
        assert sha256(answer.content).hexdigest() in stage.upstream_files(), address
        for run in kept.runs:
            stage.ask(kept.token, f"runs/{run}", "DELETE").raise_for_status()
        assert stage.client.get(address).status_code == 404, "a deleted run's file opens"


def _cancelled(stage: Stage, kept: Kept) -> None:
    def states() -> set[str]:
        answers = [stage.ask(kept.token, f"runs/{run}") for run in kept.runs]
        return {answer.json()["state"] for answer in answers if answer.is_success}

    try:
        assert kept.runs, "it began no run"
        until(lambda: states() == {"cancelled"}, 30)
    except AssertionError:
        raise AssertionError(f"its runs are {states()}") from None


def _minute(stage: Stage, kept: Kept) -> None:
    assert kept.seconds >= MINUTE_S, f"it took {kept.seconds:.0f} s"
    _require_file(stage, kept)


_SPECIAL: dict[str, Callable[[Stage, Kept], None]] = {
    "run": _run,
    "cancel": _cancelled,
    "minute": _minute,
}


def _addresses_of_caller(exchange: Exchange) -> None:
    """Check that addresses in an answer have the host and prefix that the client called."""
    body = exchange.body
    is_fals = "/api/v1/" not in exchange.line  # a run in Vitrine's own API has a `request_id` too
    for name in _ADDRESSES if is_fals and isinstance(body, dict) and "request_id" in body else ():
        host = exchange.asked_host
        expected = f"https://{host}/" if host in FAL_HOSTS else f"https://{host}/api/fal/queue/"
        named = "x-fal-target-url" in exchange.request.decode(errors="replace").lower()
        expected = "https://queue.fal.run/" if named else expected
        assert body[name].startswith(expected), f"{name} is {body[name]}, not {expected}…"


def _headers(kept: Kept) -> None:
    """Check that the result has the request's id and the billed units, in fal's own protocol."""
    results = [e for e in kept.exchanges if _RESULT.match(e.called_line) and e.status == 200]
    is_fals = any("/api/fal/" in exchange.line for exchange in kept.exchanges)
    assert results or not is_fals, [exchange.line for exchange in kept.exchanges]
    for result in results:
        for header in ("x-fal-request-id", "x-fal-billable-units"):
            assert result.headers.get(header), f"{result.line} has no {header}"


def _file_of(exchanges: list[Exchange]) -> str:
    # Files of the JSON API need its token.
    open_to_all = (exchange for exchange in exchanges if "/api/v1/" not in exchange.line)
    bodies = "".join(exchange.response.decode(errors="replace") for exchange in open_to_all)
    match = re.search(rf'"url": ?"(https://{re.escape(NAME)}/[^"]+)"', bodies)
    return match[1] if match else ""
