"""Makes a few objects of every kind, through the pages and the API of a running Vitrine.

It uses only addresses and names of fields, which stay the same from version to version.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import httpx

from tests.processes import until

SMALL = {"width": 128, "height": 128}
MODELS = ("sandbox/aurora", "sandbox/aurora/lite", "sandbox/eye")
AURORA, LITE, EYE = MODELS
RUNS = 1 + 4  # a single run, the board's
HERE = "?project=lighthouse"


class Owner:
    """The owner's browser, and a program with a token of the owner's."""

    def __init__(self, base: str, cookies: Mapping[str, str], token: str) -> None:
        self.browser = httpx.Client(base_url=base, cookies=dict(cookies), timeout=60)
        headers = {"authorization": f"Bearer {token}"}
        self._program = httpx.Client(base_url=f"{base}/api/v1", headers=headers, timeout=60)
        self._csrf = next((value for name, value in cookies.items() if "_csrf_" in name), "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()
        self._program.close()

    def post(self, address: str, **fields: Any) -> str:
        """Post a form; return the address to which it redirects."""
        answer = self.browser.post(address, data=fields | {"csrfmiddlewaretoken": self._csrf})
        assert answer.status_code == 302, f"{address}: {answer.status_code} {answer.text}"
        return str(answer.headers["location"])

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Call the API; return its answer."""
        answer = self._program.request(method, path, json=body or None)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    def run(self, prompt: str) -> str:
        """Start a run in the project; return its id."""
        arguments = {"prompt": prompt, "image_size": SMALL}
        run = self.call("POST", f"/runs{HERE}", endpoint_id=LITE, arguments=arguments)
        return str(run["id"])

    def wait_for(self, is_done: Callable[[], Any]) -> None:
        """Wait for the worker; fail with a list of the newest runs if it takes too long."""
        try:
            until(is_done)
        except AssertionError as error:
            raise AssertionError(json.dumps(self.call("GET", "/runs"))) from error

    def is_kept(self, run: str) -> bool:
        """Return whether a run has succeeded and its files are in our storage."""
        return _is_kept(self.call("GET", f"/runs/{run}"))


def _is_kept(run: Any) -> bool:
    states = {artifact["state"] for artifact in run["artifacts"]}
    return run["state"] == "succeeded" and states <= {"stored"}


def make(owner: Owner, member: int) -> dict[str, str]:
    """Make all objects, and wait until all runs have ended; return pages with a text of each.

    `member` is the key of another user, who becomes a maker in the project.
    """
    pages = dict(_make_parts(owner, member))
    owner.wait_for(lambda: _all_kept(owner))
    return pages


def _make_parts(owner: Owner, member: int) -> Iterator[tuple[str, str]]:
    yield owner.post("/projects/new/", name="Lighthouse", description="Posters for the pier"), "ana"
    owner.post("/projects/lighthouse/members/", user=member, role="maker")
    owner.post("/spend/budgets/new/", target="house", limit="25", period="month")
    yield "/spend/budgets/", "$25.00"
    run = owner.run("a fox at the lighthouse")
    owner.wait_for(lambda: owner.is_kept(run))
    result = f"{run}/0"
    yield f"/runs/{run}/", "a fox at the lighthouse"
    yield "/runs/", run
    yield owner.post(f"/series/additions/{HERE}", artifact=result, named="Keepers"), "Keepers"
    yield owner.post("/shares/", artifact=result, for_whom="link"), "data-share"
    columns = [{"endpoint_id": AURORA}, {"endpoint_id": LITE}]
    rows = [{"prompt": f"a {animal}", "image_size": SMALL} for animal in ("wolf", "crane")]
    board = owner.call("POST", f"/boards{HERE}", title="Animals", columns=columns, rows=rows)
    yield f"/compare/{board['id']}/", "Animals"
    yield "/spend/", "data-total"
    yield f"/models/{AURORA}/", "Aurora"


def _all_kept(owner: Owner) -> bool:
    runs = owner.call("GET", "/runs?limit=100")["items"]
    return len(runs) == RUNS and all(map(_is_kept, runs))
