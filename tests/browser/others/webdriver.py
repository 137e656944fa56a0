"""Drives Debian's Firefox and WebKit by their own protocols, without a library.

Firefox speaks WebDriver BiDi on a WebSocket (`--remote-debugging-port`), WebKitGTK's driver the
classic WebDriver over HTTP (both: W3C). Their input actions are the same, so that one journey uses
both. `troubles` are the errors of scripts.
"""

import json
import os
import re
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.processes import free_port, until

STARTS_WITHIN_S = 60
ANSWERS_WITHIN_S = 90
SCRIPT_WITHIN_MS = 10_000
Sources = list[dict[str, Any]]
KEPT = "errors-of-scripts"
# Keeps the page's errors in the tab, once in each document.
COLLECT = f"""if (!window.isCollecting) {{
  window.isCollecting = true;
  const keep = (text) => sessionStorage.setItem("{KEPT}", JSON.stringify(
    [...JSON.parse(sessionStorage.getItem("{KEPT}") ?? "[]"), String(text)]));
  addEventListener("error", ({{ message }}) => message && keep(message));
  addEventListener("unhandledrejection", ({{ reason }}) => keep(reason));
}}"""
# The box of the first visible and enabled element, once it is at rest and nothing covers it.
PLACE = """async (selector) => {
  const element = [...document.querySelectorAll(selector)].find(
    (one) => one.checkVisibility() && !one.matches(":disabled"));
  if (!element) return null;
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const box = () => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return [x, y, width, height];
  };
  const before = box();
  for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
  const [x, y, width, height] = box();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  return String(before) === String(box()) && element.contains(hit) ? before : null;
}"""


class LostScript(Exception):
    """A script whose page was left before it answered."""


class Browser(ABC):
    """One window of a browser."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    @abstractmethod
    def open(self, address: str) -> None:
        """Load a page completely."""

    @abstractmethod
    def run(self, function: str, *values: Any) -> Any:
        """Call a JavaScript function with JSON values in the page; return its JSON value."""

    @abstractmethod
    def act(self, sources: Sources) -> None:
        """Perform the input actions of W3C WebDriver, 15."""

    @abstractmethod
    def read_troubles(self) -> None:
        """Add the last errors of the page's scripts to `troubles`."""

    def wait(self, function: str, *values: Any) -> Any:
        """Wait until the function returns something true; return that."""
        try:
            return until(lambda: self.run(function, *values), ANSWERS_WITHIN_S)
        except AssertionError as error:
            error.add_note(f"{function}{values} at {self.run('() => location.href')}")
            raise

    def wait_for(self, selector: str, count: int = 1) -> None:
        """Wait until at least `count` elements match."""
        self.wait("(s, n) => document.querySelectorAll(s).length >= n", selector, count)

    def place(self, selector: str) -> list[float]:
        """Return the left, top, width and height of the first visible element that matches."""
        place: list[float] = self.wait(PLACE, selector)
        return place

    def click(self, selector: str) -> None:
        """Click into the middle of the first visible element that matches."""
        x, y, width, height = self.place(selector)
        self.press_at((x + width / 2, y + height / 2))

    def press_at(self, *path: tuple[float, float]) -> None:
        """Press the mouse button at the first place, and let it go at the last."""
        moves = [_move(x, y) for x, y in path]
        buttons = [{"type": name, "button": 0} for name in ("pointerDown", "pointerUp")]
        actions = [moves[0], buttons[0], *moves[1:], buttons[1]]
        mouse = {"parameters": {"pointerType": "mouse"}, "type": "pointer", "id": "mouse"}
        self.act([mouse | {"actions": actions}])

    def type(self, text: str) -> None:
        """Press the keys of a text."""
        keys = [{"type": name, "value": key} for key in text for name in ("keyDown", "keyUp")]
        self.act([{"type": "key", "id": "keyboard", "actions": keys}])

    def fill(self, selector: str, text: str) -> None:
        """Click a field and replace its content with a text."""
        self.click(selector)
        self.run("() => document.activeElement.select()")
        self.type(text)


def _move(x: float, y: float) -> dict[str, Any]:
    return {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 50}


class Firefox(Browser):
    """Firefox over WebDriver BiDi."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__()
        self._socket = socket
        self._number = 0
        self._ask("session.new", {"capabilities": {}})
        self._ask("session.subscribe", {"events": ["log.entryAdded"]})
        tree = self._ask("browsingContext.getTree", {})
        self._window = tree["contexts"][0]["context"]
        size = {"viewport": {"width": 1280, "height": 900}}
        self._ask("browsingContext.setViewport", {"context": self._window, **size})

    def open(self, address: str) -> None:
        self._in_window("browsingContext.navigate", {"url": address, "wait": "complete"})

    def run(self, function: str, *values: Any) -> Any:
        called = f"async (values) => JSON.stringify(await ({function})(...JSON.parse(values)))"
        answer = self._ask(
            "script.callFunction",
            {
                "functionDeclaration": called,
                "arguments": [{"type": "string", "value": json.dumps(values)}],
                "target": {"context": self._window},
                "awaitPromise": True,
            },
        )
        if answer["type"] != "success":
            raise AssertionError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def act(self, sources: Sources) -> None:
        self._in_window("input.performActions", {"actions": sources})

    def read_troubles(self) -> None:
        self.run("() => null")  # they come before its answer

    def _in_window(self, method: str, parameters: dict[str, Any]) -> Any:
        return self._ask(method, {"context": self._window} | parameters)

    def _ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            message = json.loads(self._socket.recv(timeout=ANSWERS_WITHIN_S))
            if message.get("method") == "log.entryAdded":
                self._note(message["params"])
            elif message.get("id") == self._number:
                if message["type"] == "error":
                    raise AssertionError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def _note(self, entry: dict[str, Any]) -> None:
        if entry["type"] == "javascript" and entry["level"] == "error":
            self.troubles.append(entry["text"])


class WebKit(Browser):
    """WebKitGTK over WebDriver, which reports no errors: each page keeps its own (`COLLECT`).

    The page is not waited for by the driver, so that errors of its first scripts are kept, too.
    """

    def __init__(self, driver: httpx.Client) -> None:
        super().__init__()
        self._http = driver
        wanted = {"pageLoadStrategy": "none", "timeouts": {"script": SCRIPT_WITHIN_MS}}
        body = {"capabilities": {"alwaysMatch": wanted}}
        self._session = f"/session/{self._ask('/session', body)['sessionId']}"
        self._ask(f"{self._session}/window/rect", {"width": 1280, "height": 900})

    def open(self, address: str) -> None:
        former = self._begun()
        self._ask(f"{self._session}/url", {"url": address})
        until(lambda: self._begun() != former, ANSWERS_WITHIN_S)
        self.wait("() => document.readyState === 'complete'")

    def run(self, function: str, *values: Any) -> Any:
        script = (
            f"{COLLECT}; const done = arguments[1];"
            f"(async () => ({function})(...JSON.parse(arguments[0])))().then("
            "(value) => done(JSON.stringify(value ?? null)), (error) => done(`!${error}`));"
        )
        body = {"script": script, "args": [json.dumps(values)]}
        try:
            answer = self._ask(f"{self._session}/execute/async", body)
        except LostScript:  # the page was left meanwhile
            answer = self._ask(f"{self._session}/execute/async", body)
        if answer.startswith("!"):
            raise AssertionError(answer)
        return json.loads(answer)

    def act(self, sources: Sources) -> None:
        self._ask(f"{self._session}/actions", {"actions": sources})

    def read_troubles(self) -> None:
        kept = self.run(f"() => JSON.parse(sessionStorage.getItem('{KEPT}') ?? '[]')")
        self.troubles.extend(kept)

    def _begun(self) -> float:
        """Return when the document that the window shows began."""
        begun: float = self.run("() => performance.timeOrigin")
        return begun

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        response = self._http.post(path, json=body)
        value = response.json()["value"]
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            error = LostScript if value["error"] == "script timeout" else AssertionError
            raise error(f"{path}: {value['error']}: {value['message']}")
        return value


@contextmanager
def firefox(folder: Path) -> Iterator[Browser]:
    """Start Firefox with a new profile for the block."""
    profile = folder / "profile"
    profile.mkdir()
    program = shutil.which("firefox-esr") or shutil.which("firefox") or ""
    command = [program, "--headless", "--no-remote", "--profile", str(profile)]
    command += ["--remote-debugging-port=0"]
    with _started(command, folder / "firefox.log", os.environ | {"HOME": str(folder)}) as log:
        address = _found(log, r"WebDriver BiDi listening on (ws://\S+)")
        with connect(f"{address}/session", max_size=None, proxy=None) as socket:
            yield Firefox(socket)


@contextmanager
def webkit(folder: Path) -> Iterator[Browser]:
    """Start WebKitGTK's driver on a screen of its own for the block."""
    port = free_port()
    screens = ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with _started(screens, folder / "screen.log", dict(os.environ)) as screen_log:
        screen = _found(screen_log, r"^(\d+)$")
        environment = os.environ | {"DISPLAY": f":{screen}", "LIBGL_ALWAYS_SOFTWARE": "1"}
        environment |= {"HOME": str(folder), "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        command = ["WebKitWebDriver", f"--port={port}"]
        with _started(command, folder / "webkit.log", environment):
            address = f"http://127.0.0.1:{port}"
            until(lambda: _answers(f"{address}/status"), STARTS_WITHIN_S)
            with httpx.Client(
                base_url=address, timeout=ANSWERS_WITHIN_S, trust_env=False
            ) as driver:
                yield WebKit(driver)


@contextmanager
def _started(command: list[str], log: Path, environment: dict[str, str]) -> Iterator[Path]:
    """Start a program with its children for the block; its output goes into `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env=environment, start_new_session=True
        )
    try:
        yield log
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _found(log: Path, pattern: str) -> str:
    """Return the group of a pattern once it is printed."""

    def found() -> list[str]:
        return re.findall(pattern, log.read_text(errors="replace"), re.MULTILINE)

    until(lambda: bool(found()), STARTS_WITHIN_S)
    return found()[0]


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


BROWSERS: dict[str, Callable[[Path], Any]] = {"Firefox": firefox, "WebKit": webkit}
