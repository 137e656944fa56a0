"""People who browse, run a model, watch it to its end and open its picture, through the proxy."""

import asyncio
import html
import json
import random
import re
import ssl
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from tests.bench.runs.posting import HIDDEN
from tests.production.machine import Machine

MODEL = "mischief/slow"
LASTS_S = 1.0
THINKS_S = (5.0, 20.0)  # seconds between two pages
ENDS_WITHIN_S = 180.0
AGAIN_S = 1.0
FINAL = re.compile(r'data-run-state="(succeeded|failed|cancelled)"|data-final="1"')
WATCH = re.compile(r'data-run-id="([^"]+)"[^>]*data-watch="([^"]+)"')
PAGES = ("/", "/models/", "/models/?q=picture", "/runs/", f"/models/{MODEL}/")


@dataclass
class Crowd:
    """The prompts of a crowd's accepted runs, and the answers that it got."""

    accepted: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)  # lost connections, and pages without content
    seconds: list[float] = field(default_factory=list)

    @property
    def p95_ms(self) -> float:
        """Return the time within which 95 of 100 pages were answered."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.95)] * 1000 if self.seconds else 0.0

    def __str__(self) -> str:
        by_status = ", ".join(f"{n} × {status}" for status, n in sorted(self.statuses.items()))
        return (
            f"{len(self.accepted)} runs accepted, {len(self.finished)} seen to their end; "
            f"{by_status}; 95 of 100 pages within {self.p95_ms:.0f} ms"
        )


def browse(machine: Machine, cookies: list[str], for_s: float) -> Crowd:
    """Let one person per cookie work for this time; each finishes the run that they have begun."""
    crowd = Crowd()

    async def all_of_them() -> None:
        until = time.monotonic() + for_s
        trust = machine.trust
        people = [Person(machine.base, trust, cookie, crowd) for cookie in cookies]
        await asyncio.gather(*(person.work(until) for person in people))

    asyncio.run(all_of_them())
    return crowd


class Person:
    """A person with a browser, who presses again if no page came."""

    def __init__(self, base: str, trust: ssl.SSLContext, cookie: str, crowd: Crowd) -> None:
        """`cookie` is a session's cookie, with its name."""
        name, _, value = cookie.partition("=")
        self._client = httpx.AsyncClient(
            base_url=base,
            verify=trust,
            timeout=90,
            cookies={name: value},
            headers={"Referer": f"{base}/"},
            follow_redirects=True,
        )
        self._crowd = crowd

    async def work(self, until: float) -> None:
        """Work until this time; then finish the current run."""
        async with self._client:
            await asyncio.sleep(random.uniform(0, THINKS_S[1]))
            while time.monotonic() < until:
                await self._load_page(random.choice(PAGES))
                await asyncio.sleep(random.uniform(*THINKS_S))
                await self.run()
                await asyncio.sleep(random.uniform(*THINKS_S))

    async def run(self) -> None:
        """Fill in a form and press Run, again without a page; watch the run, open its picture."""
        prompt = f"patience {uuid.uuid4()}"
        values = {"prompt": prompt, "duration": LASTS_S, "log_lines": 1}
        path = f"/models/{MODEL}/"
        form = await self._load_page(f"{path}?input={quote(json.dumps(values))}")
        names = {name: html.unescape(value) for name, value in HIDDEN.findall(form.text)}
        data = names | {name: str(value) for name, value in values.items()}
        page = await self._load_page(path, data=data)
        match = WATCH.search(page.text)
        if not match:
            self._crowd.broken.append(f"no run on the page that answers Run: {page.status_code}")
            return
        self._crowd.accepted.append(prompt)
        run, watch = match[1], json.loads(html.unescape(match[2]))
        # On a busy machine, the run may end before its page comes, which then watches only its
        # files.
        if FINAL.search(page.text) or await self._ends({"run": run, **watch}):
            self._crowd.finished.append(prompt)
            await self._load_page(f"/runs/{run}/artifacts/0/")
        else:
            self._crowd.broken.append(f"run {run} did not end")

    async def _ends(self, watch: dict[str, str]) -> bool:
        """Hold polls as a page does, until the run has ended."""
        version, until = "0", time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < until:
            body = {"runs": [{**watch, "version": version}], "groups": []}
            answer = await self._send("POST", "/runs/live/?hold=1", json=body)
            if answer is None or answer.status_code >= 500:
                await asyncio.sleep(AGAIN_S)
            elif answer.content:
                news = answer.json()
                if FINAL.search(news["markup"]):
                    return True
                version = next((row["version"] for row in news["versions"]), version)
        return False

    async def _load_page(self, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        """Load a page, or post to it, until an answer comes."""
        until = time.monotonic() + ENDS_WITHIN_S
        while True:
            began = time.monotonic()
            answer = await self._send("POST" if data else "GET", path, data=data)
            if answer is not None and answer.status_code < 500:
                self._crowd.seconds.append(time.monotonic() - began)
                return answer
            if time.monotonic() > until:
                raise AssertionError(f"{path} does not come")
            await asyncio.sleep(AGAIN_S)

    async def _send(self, method: str, path: str, **body: Any) -> httpx.Response | None:
        try:
            answer = await self._client.request(method, path, **body)
        except httpx.TransportError as error:
            self._crowd.broken.append(f"{method} {path}: {error!r}")
            return None
        self._crowd.statuses[answer.status_code] += 1
        return answer
