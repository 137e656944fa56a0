"""The tools of assistants: each makes a few API calls and returns a short text."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

from api.assistants import short
from api.assistants.budget import Budget
from api.assistants.caller import Caller, Refused
from api.spending import plain
from core.formatting import counted

MAX_WAIT_S = 300
HOLD_S = 5  # between two progress reports
POLL_S = 0.3  # if the API cannot hold a call
COPY_WAIT_S = 8.0  # for the copies of a run's files, whose addresses last
MAX_PICTURE_BYTES = 1 << 20
Progress = Callable[[float, float, str], Awaitable[None]]


class Tools:
    """The tools for one call: the caller's API access and their session's budget."""

    def __init__(
        self,
        caller: Caller,
        budget: Budget,
        progress: Progress,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = caller
        self._budget = budget
        self._progress = progress
        self._is_stopping = is_stopping

    async def find_models(self, question: str, limit: int, cursor: str) -> str:
        """List the best models for a question."""
        page = await self._api.call(
            "GET", "/models", q=question or None, limit=limit, cursor=cursor or None
        )
        text = short.listed(
            map(short.card, page["items"]), "No model matches. Search with fewer words."
        )
        more = f"\n{page['total']} in all." if page["total"] > len(page["items"]) else ""
        following = f" More: cursor={page['next_cursor']!r}" if page["next_cursor"] else ""
        return short.bounded(f"{text}{more}{following}")

    async def read_model(self, endpoint_id: str, name: str = "", cursor: str = "") -> str:
        """Return a model's inputs in short, or the one named `name` with all its choices."""
        endpoint = await self._api.call("GET", _model(endpoint_id))
        if not name:
            return short.bounded(short.model(endpoint))
        row = next((field for field in endpoint["inputs"] if field["name"] == name), None)
        if row is None:
            names = ", ".join(field["name"] for field in endpoint["inputs"])
            raise Refused(f"{endpoint_id} has no input {name!r}. It has {names}.")
        start = int(cursor) if cursor.isascii() and cursor.isdecimal() else 0
        return short.bounded(short.whole_input(row, start))

    async def price_run(
        self, endpoint_id: str, arguments: dict[str, Any], *, allow_unknown: bool
    ) -> str:
        """Estimate the cost of a run."""
        estimate = await self._estimate(endpoint_id, arguments, allow_unknown=allow_unknown)
        lines = [
            estimate["text"],
            *estimate["basis"],
            f"This session may spend {plain(await self._budget.left())} more.",
        ]
        return short.bounded("\n".join(lines))

    async def run_model(
        self,
        endpoint_id: str,
        arguments: dict[str, Any],
        preset_id: int,
        wait_s: int,
        *,
        allow_unknown_price: bool,
        allow_unknown: bool,
        max_cost: float,
        project: str,
    ) -> str:
        """Start a run within the budget and wait for its end."""
        body: dict[str, Any] = {"arguments": arguments, "allow_unknown": allow_unknown}
        if preset_id:
            preset = await self._api.call("GET", f"/presets/{preset_id}")
            endpoint_id = endpoint_id or preset["endpoint_id"]
            arguments = {**preset["arguments"], **arguments}
            body["preset_id"] = preset_id
        if not endpoint_id:
            raise Refused("Name the model by endpoint_id, or a preset by preset_id.")
        body["endpoint_id"] = endpoint_id
        estimate = await self._estimate(endpoint_id, arguments, allow_unknown=allow_unknown)
        amount = _amount(estimate, allow=allow_unknown_price)
        body |= _agreed(max_cost, is_unknown_fine=allow_unknown_price)
        run = await self._budget.start(amount, "/runs", body, project)
        return short.bounded(short.run(await self._wait(run, wait_s)))

    async def run_flow(
        self,
        flow_id: str,
        inputs: dict[str, Any],
        wait_s: int,
        *,
        allow_unknown_price: bool,
        allow_unknown: bool,
        max_cost: float,
        project: str,
    ) -> str:
        """List the flows, or start one within the budget and wait for its end."""
        if not flow_id:
            page = await self._api.call("GET", "/flows", limit=50, project=project or None)
            lines = (
                f"{flow['id']} · {flow['name']} · {counted(flow['steps'], 'step')}"
                for flow in page["items"]
            )
            return short.listed(lines, "There are no flows yet.")
        path = f"/flows/{quote(flow_id, safe='')}"
        body: dict[str, Any] = {"inputs": inputs, "allow_unknown": allow_unknown}
        estimate = await self._api.call("POST", f"{path}/estimates", body)
        amount = _amount(estimate, allow=allow_unknown_price)
        body |= _agreed(max_cost, is_unknown_fine=allow_unknown_price)
        flow_run = await self._budget.start(amount, f"{path}/runs", body, project)
        return short.bounded(short.flow_run(await self._wait(flow_run, wait_s, "/flow-runs/")))

    async def get_run(self, run_id: str, wait_s: int) -> str:
        """Return the state of a run, once it has ended or the time is over."""
        run = await self._api.call("GET", _run(run_id))
        return short.bounded(short.run(await self._wait(run, wait_s)))

    async def cancel_run(self, run_id: str) -> str:
        """Request a run's cancellation."""
        return short.bounded(
            short.run(await self._api.call("POST", f"{_run(run_id)}/cancellation"))
        )

    async def list_runs(self, state: str, model: str, cursor: str, project: str) -> str:
        """List the newest runs."""
        page = await self._api.call(
            "GET",
            "/runs",
            state=state or None,
            model=model or None,
            cursor=cursor or None,
            project=project or None,
        )
        lines = map(short.run_line, page["items"])
        return short.listed(lines, "No run matches.", page["next_cursor"])

    async def show_artifact(self, run_id: str, position: int) -> tuple[str, bytes, str]:
        """Return an artifact in a line; for a picture also its thumbnail and content type."""
        run = await self._with_copies(await self._api.call("GET", _run(run_id)))
        artifact = next(
            (candidate for candidate in run["artifacts"] if candidate["position"] == position), None
        )
        if artifact is None:
            raise Refused(f"This run has {len(run['artifacts'])} artifacts, numbered from 0.")
        line = short.artifact(artifact)
        path = urlsplit(artifact["url"] or "").path
        if artifact["state"] != "stored" or artifact["kind"] not in {"image", "video"}:
            return line, b"", ""
        try:
            small, content_type = await self._api.file(f"{path}thumbnail/")
        except Refused:
            return line, b"", ""
        if len(small) > MAX_PICTURE_BYTES or not content_type.startswith("image/"):
            return line, b"", ""
        return line, small, content_type

    async def list_projects(self) -> str:
        """List the projects in which the user may look, or begin something."""
        page = await self._api.call("GET", "/projects")
        lines = (
            " · ".join(
                [project["slug"], project["name"], project["role"]]
                + (["archived"] if project["is_archived"] else [])
            )
            for project in page["items"]
        )
        return short.listed(lines, "There are no projects.")

    async def list_presets(self, model: str, project: str) -> str:
        """List presets with their arguments."""
        page = await self._api.call("GET", "/presets", model=model or None, project=project or None)
        lines = (
            f"{preset['id']} · {preset['name']} · {preset['endpoint_id']} · by {preset['owner']} · "
            f"{short.cut(short.as_json(preset['arguments']), 300)}"
            for preset in page["items"]
        )
        return short.listed(lines, "There are no presets yet.", page["next_cursor"])

    async def list_favourites(self) -> str:
        """List the user's favourites."""
        page = await self._api.call("GET", "/favourites", limit=40)
        return short.listed(map(short.card, page["items"]), "No model is starred yet.")

    async def list_collections(self) -> str:
        """List the collections."""
        page = await self._api.call("GET", "/collections", limit=50)
        lines = (
            f"{collection['slug']} · {collection['title']} · {short.cut(collection['description'])}"
            for collection in page["items"]
        )
        return short.listed(lines, "There are no collections yet.")

    async def read_collection(self, slug: str) -> str:
        """List the models of a collection with the curators' notes."""
        collection = await self._api.call("GET", f"/collections/{quote(slug, safe='')}")
        lines = (
            " — ".join(filter(None, [short.card(item["model"]), item["note"]]))
            for item in collection["models"]
        )
        return short.listed(lines, "This collection has no models.")

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
        begun = time.monotonic()
        until = begun + min(wait_s, MAX_WAIT_S)
        while not run["is_final"] and (left_s := until - time.monotonic()) > 0:
            if self._is_stopping():
                break
            await self._progress(time.monotonic() - begun, float(wait_s), run["state"])
            began = time.monotonic()
            hold_s = max(min(int(left_s), HOLD_S), 1)
            run = await self._api.call("GET", f"{path}{run['id']}", wait=hold_s)
            if not run["is_final"] and time.monotonic() - began < POLL_S:
                await asyncio.sleep(POLL_S)
        return await self._with_copies(run)

    async def _with_copies(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return a run once its files are copied, for addresses that last; else as it is."""
        until = time.monotonic() + COPY_WAIT_S
        while any(artifact["state"] == "remote" for artifact in run.get("artifacts", ())):
            began = time.monotonic()
            if began > until or self._is_stopping():
                break
            run = await self._api.call("GET", _run(run["id"]), wait=1)
            if time.monotonic() - began < POLL_S:
                await asyncio.sleep(POLL_S)
        return run


def _amount(estimate: dict[str, Any], *, allow: bool) -> Decimal:
    """Return the maximum cost of a run; raises Refused if it is unknown, unless that is allowed.

    Then what is reserved is what such a run usually costs, as far as that is known.
    """
    if estimate["high"] is not None:
        return Decimal(str(estimate["high"]))
    if not allow:
        raise Refused(
            f"The cost of this run is unknown ({estimate['text']}). Nothing was run. Ask the "
            "person; if they agree, call again with allow_unknown_price=true."
        )
    return Decimal(str(estimate["usual"] or estimate["low"] or 0))


def _agreed(max_cost: float, *, is_unknown_fine: bool) -> dict[str, Any]:
    """Return what the person has agreed to, as the API takes it."""
    agreed: dict[str, Any] = {"max_cost": max_cost} if max_cost else {}
    return agreed | ({"allow_unknown_price": True} if is_unknown_fine else {})


def _model(endpoint_id: str) -> str:
    return f"/models/{quote(endpoint_id, safe='/')}"


def _run(run_id: str) -> str:
    return f"/runs/{quote(run_id, safe='')}"
