"""The tools of assistants: each makes a few API calls and returns a short text.

A tool is a method of `Tools` with a title. Assistants read its docstring and the descriptions of
its parameters (`server.py` declares them).
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from decimal import ROUND_FLOOR, Decimal
from typing import Annotated, Any, Literal, NamedTuple, TypeVar
from urllib.parse import quote, urlsplit

from mcp_types import ImageContent, TextContent, ToolAnnotations
from pydantic import Field

from api.assistants import answers, view
from api.assistants.caller import Budget, Caller, CallRefused
from api.assistants.questions import Asking
from api.spending import CapExceeded, counts_with, plain
from core.formatting import counted
from runs.start import wait_choices

MAX_WAIT_S = 300
HOLD_S = 5  # between two progress reports
POLL_S = 0.3  # if the API cannot hold a call
COPY_WAIT_S = 8.0  # for the copies of a run's files, whose addresses do not expire
CONSENT_POLL_S = 1.0
CONSENT_WAIT_S = 120.0  # as long as a question is open
MAX_PICTURE_BYTES = 1 << 20
FLOW_RUNS = "/flow-runs/"
DECLINED = "The person said no. Nothing was run."
EXPIRED = "The question has expired without an answer. Nothing was run; call again to ask again."
Progress = Callable[[float, float, str], Awaitable[None]]
Method = TypeVar("Method", bound=Callable[..., Any])

READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
PAID = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)
STOPS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True)

Question = Annotated[
    str,
    Field(
        description="search words, or what the model should do; also in:image out:video "
        "duration:>=10 price:<0.05",
        max_length=300,
    ),
]
EndpointId = Annotated[str, Field(description="a model's id: fal-ai/flux/dev", max_length=255)]
InputName = Annotated[str, Field(description="name of one input to read in full", max_length=255)]
PresetId = Annotated[int, Field(description="preset whose arguments are filled in", ge=0)]
FlowId = Annotated[str, Field(description="leave empty to list the flows", max_length=36)]
RunId = Annotated[str, Field(description="a run's id", max_length=64)]
State = Annotated[str, Field(description="unfinished, succeeded, failed …")]
Wait = Annotated[int, Field(description="seconds to wait for its end", ge=0, le=MAX_WAIT_S)]
Cursor = Annotated[
    str, Field(description="cursor of the previous answer, for more", max_length=400)
]
Arguments = Annotated[
    dict[str, Any], Field(description="the model's input, as read_model lists it")
]
AllowUnknown = Annotated[
    bool, Field(description="also send arguments that the schema does not define")
]
_WAIT = {name: schema["description"] for name, schema in wait_choices.OPTIONS.items()}
StartTimeout = Annotated[
    float, Field(description=_WAIT["start_timeout_s"], ge=0, le=wait_choices.LONGEST_S)
]
Priority = Annotated[Literal["normal", "low"], Field(description=_WAIT["priority"])]
NoRetry = Annotated[bool, Field(description=_WAIT["no_retry"])]
InProject = Annotated[
    str,
    Field(description="slug of the project that the run goes to (list_projects)", max_length=60),
]
OfProject = Annotated[
    str, Field(description="only what is in the project with this slug", max_length=60)
]


class ToolDeclaration(NamedTuple):
    """How a tool is shown to people, and what it may do."""

    title: str
    annotations: ToolAnnotations
    shows_results: bool


DECLARED: dict[str, ToolDeclaration] = {}  # by the name of the method, in this order


def tool(
    title: str, annotations: ToolAnnotations = READS, *, shows_results: bool = False
) -> Callable[[Method], Method]:
    """Declare a method as a tool; one that `shows_results` has a page in the conversation."""

    def declare(method: Method) -> Method:
        DECLARED[method.__name__] = ToolDeclaration(title, annotations, shows_results)
        return method

    return declare


class Tools:
    """The tools for one call: the caller's API access and their session's budget."""

    def __init__(
        self,
        caller: Caller,
        budget: Budget,
        asking: Asking,
        progress: Progress,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = caller
        self._budget = budget
        self._asking = asking
        self._progress = progress
        self._is_stopping = is_stopping
        self.shown: dict[str, Any] | None = None  # on the page of the call in the conversation

    @tool("Find models")
    async def find_models(
        self,
        question: Question,
        limit: Annotated[int, Field(ge=1, le=30)] = 10,
        cursor: Cursor = "",
    ) -> str:
        """Find models by what they do, accept, produce or cost; best first, one per line."""
        page = await self._api.call(
            "GET", "/models", q=question or None, limit=limit, cursor=cursor or None
        )
        text = answers.join_lines(
            map(answers.card, page["items"]), "No model matches. Search with fewer words."
        )
        total_line = f"\n{page['total']} in all." if page["total"] > len(page["items"]) else ""
        following = f" More: cursor={page['next_cursor']!r}" if page["next_cursor"] else ""
        return answers.bounded(f"{text}{total_line}{following}")

    @tool("Read a model")
    async def read_model(
        self, endpoint_id: EndpointId, input: InputName = "", cursor: Cursor = ""
    ) -> str:
        """Read a summary of a model's inputs, price and an example; or one input in full."""
        endpoint = await self._api.call("GET", _model(endpoint_id))
        if not input:
            return answers.bounded(answers.model(endpoint))
        row = next((field for field in endpoint["inputs"] if field["name"] == input), None)
        if row is None:
            names = ", ".join(field["name"] for field in endpoint["inputs"])
            raise CallRefused(f"{endpoint_id} has no input {input!r}. It has {names}.")
        start = int(cursor) if cursor.isascii() and cursor.isdecimal() else 0
        return answers.bounded(answers.whole_input(row, start))

    @tool("Price a run")
    async def price_run(
        self, endpoint_id: EndpointId, arguments: Arguments, allow_unknown: AllowUnknown = False
    ) -> str:
        """Estimate what a run will cost, without running it."""
        estimate = await self._estimate(endpoint_id, arguments, allow_unknown=allow_unknown)
        lines = [
            estimate["text"],
            *filter(None, [answers.cost(estimate)]),
            *estimate["basis"],
            f"This session may spend {plain(await self._budget.left())} more.",
        ]
        return answers.bounded("\n".join(lines))

    @tool("Run a model (costs money)", PAID, shows_results=True)
    async def run_model(
        self,
        arguments: Arguments,
        endpoint_id: EndpointId = "",
        preset_id: PresetId = 0,
        wait_s: Wait = 60,
        allow_unknown: AllowUnknown = False,
        project: InProject = "",
        start_timeout_s: StartTimeout = 0,
        priority: Priority = "normal",
        no_retry: NoRetry = False,
    ) -> str:
        """Run a model and wait for its end; if its price is unknown, the person is asked first."""
        body: dict[str, Any] = {"arguments": arguments, "allow_unknown": allow_unknown}
        body |= {"priority": priority, "no_retry": no_retry}
        body |= {"start_timeout_s": start_timeout_s} if start_timeout_s else {}
        if preset_id:
            preset = await self._api.call("GET", f"/presets/{preset_id}")
            endpoint_id = endpoint_id or preset["endpoint_id"]
            arguments = {**preset["arguments"], **arguments}
            body["preset_id"] = preset_id
        if not endpoint_id:
            raise CallRefused("Name the model by endpoint_id, or a preset by preset_id.")
        body["endpoint_id"] = endpoint_id
        estimate = await self._estimate(endpoint_id, arguments, allow_unknown=allow_unknown)
        started = await self._start(estimate, "/runs", body, project)
        if isinstance(started, str):
            return started
        return await self._shown(await self._wait(started, wait_s))

    @tool("Run a flow (costs money)", PAID, shows_results=True)
    async def run_flow(
        self,
        flow_id: FlowId = "",
        inputs: Arguments | None = None,
        wait_s: Wait = 60,
        allow_unknown: AllowUnknown = False,
        project: InProject = "",
    ) -> str:
        """Run a saved chain of models with named inputs; if it costs much, the person is asked."""
        if not flow_id:
            page = await self._api.call("GET", "/flows", limit=50, project=project or None)
            lines = (
                f"{flow['id']} · {flow['name']} · {counted(flow['steps'], 'step')}"
                for flow in page["items"]
            )
            return answers.join_lines(lines, "There are no flows yet.")
        path = f"/flows/{quote(flow_id, safe='')}"
        body: dict[str, Any] = {"inputs": inputs or {}, "allow_unknown": allow_unknown}
        estimate = await self._api.call("POST", f"{path}/estimates", body)
        started = await self._start(estimate, f"{path}/runs", body, project)
        if isinstance(started, str):
            return started
        return answers.bounded(answers.flow_run(await self._wait(started, wait_s, FLOW_RUNS)))

    @tool("Read a run", shows_results=True)
    async def get_run(self, run_id: RunId, wait_s: Wait = 0) -> str:
        """Return the state and results of a run; can wait for its end.

        Also what came of a question to the person, by its id.
        """
        try:
            run = await self._api.call("GET", _run(run_id))
        except CallRefused as problem:
            if problem.status != 404:
                raise
            try:
                consent = await self._consent(run_id, wait_s)
            except CallRefused as unanswered:
                raise unanswered if not unanswered.status else problem from None
            if consent["is_flow"]:
                flow_run = await self._api.call("GET", f"{FLOW_RUNS}{consent['started']}")
                return answers.bounded(
                    answers.flow_run(await self._wait(flow_run, wait_s, FLOW_RUNS))
                )
            run = await self._api.call("GET", _run(consent["started"]))
        return await self._shown(await self._wait(run, wait_s))

    @tool("Stop a run", STOPS)
    async def cancel_run(self, run_id: RunId) -> str:
        """Request that a run stop; what it has done so far may be billed."""
        return answers.bounded(
            answers.run(await self._api.call("POST", f"{_run(run_id)}/cancellation"))
        )

    @tool("List runs")
    async def list_runs(
        self,
        state: State = "",
        model: EndpointId = "",
        cursor: Cursor = "",
        project: OfProject = "",
    ) -> str:
        """List the newest runs of the user's projects, one per line."""
        page = await self._api.call(
            "GET",
            "/runs",
            state=state or None,
            model=model or None,
            cursor=cursor or None,
            project=project or None,
        )
        lines = map(answers.run_line, page["items"])
        return answers.join_lines(lines, "No run matches.", page["next_cursor"])

    @tool("Show an artifact", shows_results=True)
    async def show_artifact(
        self, run_id: RunId, position: Annotated[int, Field(ge=0)] = 0
    ) -> list[TextContent | ImageContent]:
        """Show a result of a run: its address, and a thumbnail of an image or video."""
        run = await self._with_copies(await self._api.call("GET", _run(run_id)))
        await self._show(run, position)
        artifact = next(
            (candidate for candidate in run["artifacts"] if candidate["position"] == position), None
        )
        if artifact is None:
            raise CallRefused(f"This run has {len(run['artifacts'])} artifacts, numbered from 0.")
        line = TextContent(type="text", text=answers.artifact(artifact))
        path = urlsplit(artifact["url"] or "").path
        if artifact["state"] != "stored" or artifact["kind"] not in {"image", "video"}:
            return [line]
        try:
            small, content_type = await self._api.file(f"{path}thumbnail/")
        except CallRefused:
            return [line]
        if len(small) > MAX_PICTURE_BYTES or not content_type.startswith("image/"):
            return [line]
        data = base64.b64encode(small).decode()
        return [line, ImageContent(type="image", data=data, mime_type=content_type)]

    @tool("List projects")
    async def list_projects(self) -> str:
        """List the user's projects by slug, with their role: viewers look, makers run."""
        page = await self._api.call("GET", "/projects")
        lines = (
            " · ".join(
                [project["slug"], project["name"], project["role"]]
                + (["archived"] if project["is_archived"] else [])
            )
            for project in page["items"]
        )
        return answers.join_lines(lines, "There are no projects.")

    @tool("List presets")
    async def list_presets(self, model: EndpointId = "", project: OfProject = "") -> str:
        """List the presets of the user's projects and the team's, to run by preset_id."""
        page = await self._api.call("GET", "/presets", model=model or None, project=project or None)
        lines = (
            f"{preset['id']} · {preset['name']} · {preset['endpoint_id']} · by {preset['owner']} · "
            f"{answers.cut(answers.as_json(preset['arguments']), 300)}"
            for preset in page["items"]
        )
        return answers.join_lines(lines, "There are no presets yet.", page["next_cursor"])

    @tool("List starred models")
    async def list_favourites(self) -> str:
        """List the models that the user starred."""
        page = await self._api.call("GET", "/favourites", limit=40)
        return answers.join_lines(map(answers.card, page["items"]), "No model is starred yet.")

    @tool("List collections")
    async def list_collections(self) -> str:
        """List the collections of models that the team recommends."""
        page = await self._api.call("GET", "/collections", limit=50)
        lines = (
            f"{collection['slug']} · {collection['title']} · "
            f"{answers.cut(collection['description'])}"
            for collection in page["items"]
        )
        return answers.join_lines(lines, "There are no collections yet.")

    @tool("Read a collection")
    async def read_collection(self, slug: Annotated[str, Field(max_length=50)]) -> str:
        """List a collection's models with the curators' notes."""
        collection = await self._api.call("GET", f"/collections/{quote(slug, safe='')}")
        lines = (
            " — ".join(filter(None, [answers.card(item["model"]), item["note"]]))
            for item in collection["models"]
        )
        return answers.join_lines(lines, "This collection has no models.")

    async def _shown(self, run: dict[str, Any]) -> str:
        """Put a run on the call's page; return its description."""
        await self._show(run)
        return answers.bounded(answers.run(run))

    async def _show(self, run: dict[str, Any], position: int | None = None) -> None:
        """Put a run, or the file at a position of it, on the call's page."""
        addresses = await self._api.open_addresses(run["id"])
        if position is not None:
            addresses = {at: address for at, address in addresses.items() if at == position}
        self.shown = view.of_run(run, addresses)

    async def _start(
        self, estimate: dict[str, Any], path: str, body: dict[str, Any], project: str
    ) -> dict[str, Any] | str:
        """Start something paid, with the person's consent if required; raises CallRefused.

        Returns the started object, or a text that says where the person can answer. Raises
        InputRequired for a client that asks the person itself.
        """
        is_known = estimate["high"] is not None and estimate["currency"] in {"", "USD"}
        amount = Decimal(str(estimate["high"])) if is_known else None
        earlier_answer = self._asking.earlier_answer()
        if earlier_answer is None and is_known:
            try:
                started: dict[str, Any] = await self._budget.start(amount, path, body, project)
                return started
            except CallRefused as problem:
                if problem.slug != "unconfirmed":
                    raise
        if earlier_answer is None:
            amount_left = await self._budget.left()
            try:
                counts_with(amount, amount_left)
            except CapExceeded as exceeded:
                raise CallRefused(str(exceeded)) from exceeded
            consent = await self._api.call(
                "POST", path, body, project=project or None, consent="ask"
            )
            whole_cents = plain(amount_left.quantize(Decimal("0.01"), ROUND_FLOOR))
            self._asking.ask(consent, answers.question(consent, whole_cents))
            self.shown = view.of_question(consent)
            return answers.asked(consent, whole_cents)
        consent_id, agrees = earlier_answer
        if agrees is None:
            consent = await self._consent(consent_id, CONSENT_WAIT_S)
            kind = FLOW_RUNS if consent["is_flow"] else "/runs/"
            started_run: dict[str, Any] = await self._api.call("GET", f"{kind}{consent['started']}")
            return started_run
        said_now = {"agrees": agrees, "program": self._asking.program}
        await self._api.call("POST", f"{_consent(consent_id)}/answer", said_now)
        if not agrees:
            raise CallRefused(DECLINED)
        agreed: dict[str, Any] = await self._budget.start(amount, path, body, project, consent_id)
        return agreed

    async def _consent(self, consent_id: str, wait_s: float) -> dict[str, Any]:
        """Wait until a question's page has started something, and return it. Raises CallRefused."""
        until = time.monotonic() + min(wait_s, CONSENT_WAIT_S)
        while True:
            consent: dict[str, Any] = await self._api.call("GET", _consent(consent_id))
            is_open = consent["state"] in {"waiting", "agreed"}
            if consent["state"] == "started":
                return consent
            if not is_open:
                raise CallRefused(DECLINED if consent["state"] == "declined" else EXPIRED)
            if time.monotonic() >= until or self._is_stopping():
                raise CallRefused(f"The person has not answered yet: {consent['url']}")
            await self._progress(0, wait_s, "waiting for the person")
            await asyncio.sleep(CONSENT_POLL_S)

    async def _estimate(
        self, endpoint_id: str, arguments: dict[str, Any], *, allow_unknown: bool
    ) -> dict[str, Any]:
        body = {
            "endpoint_id": endpoint_id,
            "arguments": arguments,
            "allow_unknown": allow_unknown,
        }
        estimate: dict[str, Any] = await self._api.call("POST", "/estimates", body)
        return estimate

    async def _wait(self, run: dict[str, Any], wait_s: int, path: str = "/runs/") -> dict[str, Any]:
        """Return the run (of a flow) once it has ended, or its state after the time.

        Reports progress meanwhile.
        """
        start_s = time.monotonic()
        until = start_s + min(wait_s, MAX_WAIT_S)
        while not run["is_final"] and (left_s := until - time.monotonic()) > 0:
            if self._is_stopping():
                break
            await self._progress(time.monotonic() - start_s, float(wait_s), run["state"])
            began = time.monotonic()
            hold_s = max(min(int(left_s), HOLD_S), 1)
            run = await self._api.call("GET", f"{path}{run['id']}", wait=hold_s)
            if not run["is_final"] and time.monotonic() - began < POLL_S:
                await asyncio.sleep(POLL_S)
        return await self._with_copies(run)

    async def _with_copies(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return a run once its files are copied to lasting addresses, or after the wait."""
        until = time.monotonic() + COPY_WAIT_S
        while any(artifact["state"] == "remote" for artifact in run.get("artifacts", ())):
            began = time.monotonic()
            if began > until or self._is_stopping():
                break
            run = await self._api.call("GET", _run(run["id"]), wait=1)
            if time.monotonic() - began < POLL_S:
                await asyncio.sleep(POLL_S)
        return run


def _model(endpoint_id: str) -> str:
    return f"/models/{quote(endpoint_id, safe='/')}"


def _run(run_id: str) -> str:
    return f"/runs/{quote(run_id, safe='')}"


def _consent(consent_id: str) -> str:
    return f"/consents/{quote(consent_id, safe='')}"
