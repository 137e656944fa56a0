"""The deployment's promises, in the order in which they are tried; each returns what it saw."""

import io
import os
import re
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import httpx
import pytest
from PIL import Image
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.bench.runs.posting import HIDDEN
from tests.processes import until
from tests.production.machine import PASSWORD, WEB, WORKERS, Machine
from tests.production.people import MODEL, Crowd, browse

PEOPLE = int(os.environ.get("PEOPLE", "200"))
SECONDS = float(os.environ.get("SECONDS", "120"))
FEW, SHORT_S = 40, 40.0  # the number of people while something breaks, and for how long
AT_REST_WITHIN_S = 600.0  # upstream's list is searched for five minutes
crowds: list[Crowd] = []


def addresses(machine: Machine) -> str:
    """HTTP redirects to HTTPS, HTTP/2 works, and each address reaches its process."""
    plain = httpx.get(f"http://localhost:{machine.ports['80']}/models/?q=a")
    assert plain.status_code == 301, plain
    assert plain.headers["location"] == f"{machine.base}/models/?q=a"
    curl = ["curl", "-sI", "--http2", "--cacert", str(machine.certificate), f"{machine.base}/livez"]
    assert subprocess.run(curl, capture_output=True, check=True).stdout.startswith(b"HTTP/2 200")
    with _client(machine) as client:
        assert client.get("/livez").text == "alive\n"
        assert client.get("/readyz").text == "ready\n"
        health = client.get("/healthz")
        assert health.json() == {"status": "ok"}, health.text
    _is_realtimes(machine.base, machine.trust)
    return "301, HTTP/2, livez, readyz, healthz, realtime"


def sign_in(machine: Machine) -> str:
    """Log in by password through the proxy, with a secure cookie."""
    with _client(machine) as client:
        page = _sign_in(client)
        assert "ada" in page.text, page.text[:500]
        assert all(cookie.secure for cookie in client.cookies.jar)
    return "by password, secure cookies"


def run_upload_webhook(machine: Machine) -> str:
    """Upload a picture and run a model on it; fal reports the end, and the bucket has the file."""
    before = len(machine.files())
    with _client(machine) as client:
        _sign_in(client)
        form = client.get("/models/sandbox/aurora/image-to-image/")
        hidden = dict(HIDDEN.findall(form.text))
        picture = io.BytesIO()
        Image.effect_noise((64, 64), 80).save(picture, "PNG")
        token = {"X-CSRFToken": hidden["csrfmiddlewaretoken"]}
        upload = client.post(
            "/uploads/", files={"file": ("noise.png", picture.getvalue())}, headers=token
        )
        assert upload.is_success, upload.text
        values = {"prompt": "paint it blue", "image_url": upload.json()["url"]}
        page = client.post("/models/sandbox/aurora/image-to-image/", data=hidden | values)
        match = re.search(r'data-run-id="([^"]+)"', page.text)
        assert match, page.text[:2000]
        state = 'data-run-state="succeeded"'
        until(lambda: state in client.get(f"/runs/{match[1]}/").text)
        address = f"/runs/{match[1]}/artifacts/0/"
        file = until(lambda: _file(client.get(address)))
    assert Image.open(io.BytesIO(file)).size[0] > 0
    until(lambda: len(machine.files()) >= before + 2)
    reports = [x for x in machine.access_log.read_text().splitlines() if "/webhooks/fal/" in x]
    assert any(line.startswith("200 ") for line in reports), reports
    return (
        f"{len(file):,} bytes, {len(machine.files()) - before} new in the bucket, webhook answered"
    )


def crowd_of_people(machine: Machine) -> str:
    """Two hundred people work for two minutes, with a backup in between, without any error."""
    cookies, lines = machine.people(PEOPLE), machine.lines()
    with ThreadPoolExecutor(1) as aside:
        backup = aside.submit(_back_up, machine)
        crowd = _browse(machine, cookies, SECONDS)
        backup_made = backup.result()
    assert not crowd.broken, crowd.broken[:5]
    errors = machine.errors(lines)
    assert not errors, errors
    assert len(crowd.finished) == len(crowd.accepted) > 0, crowd
    memory = ", ".join(f"{name} {unit.memory_mb} MB" for name, unit in machine.units.items())
    return f"{crowd}; a backup beside: {backup_made.strip().splitlines()[-2]} {memory}"


def proof_of_backup(machine: Machine) -> str:
    """Prove the backup that was made while they worked."""
    printed = machine.manage("backup", "--prove")
    return printed.strip().splitlines()[-1]


def rolling_restart(machine: Machine) -> str:
    """Restart every process, one after the other; nobody gets a 502."""

    def act() -> None:
        for name, port in WEB:
            machine.units[name + port].restart()
            until(lambda port=port: machine.is_ready(port))  # type: ignore[misc]
        for name, instance in WORKERS:
            machine.units[name + instance].restart()

    return _while_people_work(machine, act, allowed=())


def killed_processes(machine: Machine) -> str:
    """Kill a web process and a worker: no page shows it, and their runs go on."""

    def act() -> None:
        machine.units["vitrine-web@8001"].kill()
        machine.units["vitrine-worker@1"].kill()

    # Requests in the killed process end as a 502, because they may have had an effect.
    return _while_people_work(machine, act, allowed=("502",))


def killed_database(machine: Machine) -> str:
    """Kill the database server, which returns after ten seconds; until then, pages answer 503."""
    return _while_broken(machine, machine.without_database)


def full_disk(machine: Machine) -> str:
    """Fill the database's disk for ten seconds."""
    if not machine.has_small_disk:
        return "not tried: only root may make a small disk"
    return _while_broken(machine, machine.full_disk)


def nothing_lost_or_doubled(machine: Machine) -> str:
    """In the end, each accepted run is in the database once, and upstream accepted it once."""
    unfinished = "SELECT count(*) FROM playground_run WHERE ended_at IS NULL"
    try:
        until(lambda: machine.query(unfinished) == [(0,)], AT_REST_WITHIN_S)
    except AssertionError:
        states = Counter(state for _, state in _runs(machine))
        raise AssertionError(f"not all ended: {dict(states)}") from None
    accepted = [prompt for crowd in crowds for prompt in crowd.accepted]
    kept = Counter(prompt for prompt, _ in _runs(machine))
    taken = Counter(machine.taken(MODEL))
    lost = set(accepted) - kept.keys()
    assert not lost, f"{len(lost)} of {len(accepted)} accepted runs are lost"
    doubled = _more_than_once(kept), _more_than_once(taken)
    assert doubled == ([], []), f"twice in the database and at upstream: {doubled}"
    failed = {prompt for prompt, state in _runs(machine) if state == "failed"}
    # runs that upstream's list did not have have failed
    unsent = kept.keys() - taken.keys() - failed
    assert not unsent, f"{len(unsent)} never reached upstream"
    return (
        f"{len(accepted)} accepted, {len(kept)} kept, {len(taken)} taken by upstream, each once; "
        f"{len(failed)} failed, as their worker was killed before they were sent"
    )


def wiped_and_restored(machine: Machine) -> str:
    """Lose everything but the backup; the same pages and the same bytes come back from it."""
    for unit in machine.units.values():
        unit.stop()
    _back_up(machine)
    moment = f"--moment={datetime.now(UTC).isoformat()}"
    pages, files = machine.manage("backup_pages", moment), machine.files()
    machine.wipe()
    machine.manage("restore", "--yes")
    assert machine.manage("backup_pages", moment) == pages
    restored = machine.files()
    assert files.items() <= restored.items(), files.items() - restored.items()
    for unit in machine.units.values():
        unit.start()
    until(lambda: all(machine.is_ready(port) for _, port in WEB))
    with _client(machine) as client:
        assert "ada" in _sign_in(client).text
    return f"{pages.count('200 ')} pages and {len(files)} files are the same"


def caddy_in_front(machine: Machine) -> str:
    """The Caddyfile does the same: a page, a login, a run, realtime's address."""
    machine.start_caddy()
    with httpx.Client(base_url=machine.caddy, verify=machine.caddy_trust) as client:
        assert client.get("/livez").text == "alive\n"
        page = client.get("/login/", headers={"Host": machine.base.removeprefix("https://")})
        assert page.is_success, page
    _is_realtimes(machine.caddy, machine.caddy_trust)
    return "TLS, pages, realtime"


CHECKS: tuple[Callable[[Machine], str], ...] = (
    addresses,
    sign_in,
    run_upload_webhook,
    crowd_of_people,
    proof_of_backup,
    rolling_restart,
    killed_processes,
    killed_database,
    full_disk,
    nothing_lost_or_doubled,
    wiped_and_restored,
    caddy_in_front,
)


# --- how ----------------------------------------------------------------------------------------
def _client(machine: Machine) -> httpx.Client:
    return httpx.Client(
        base_url=machine.base,
        verify=machine.trust,
        timeout=60,
        follow_redirects=True,
        headers={"Referer": f"{machine.base}/"},
    )


def _sign_in(client: httpx.Client) -> httpx.Response:
    hidden = dict(HIDDEN.findall(client.get("/login/").text))
    page = client.post("/login/", data=hidden | {"login": "ada", "password": PASSWORD})
    return page.raise_for_status()


def _is_realtimes(base: str, trust: ssl.SSLContext) -> None:
    """Return whether realtime answers: it refuses a WebSocket without a ticket; web does not."""
    with pytest.raises(InvalidStatus) as refusal:
        connect(f"{base.replace('https', 'wss')}/live", ssl=trust).close()
    assert refusal.value.response.status_code == 403, refusal.value.response


def _file(answer: httpx.Response) -> bytes:
    is_stored = answer.is_success and answer.headers["content-type"].startswith("image/")
    return answer.content if is_stored else b""


def _back_up(machine: Machine) -> str:
    """Make a backup, after a worker's own backup of this day."""
    while True:
        try:
            return machine.manage("backup")
        except AssertionError as error:
            if "Another backup is being made" not in str(error):
                raise
            time.sleep(1)


def _browse(machine: Machine, cookies: list[str], for_s: float) -> Crowd:
    crowd = browse(machine, cookies, for_s)
    crowds.append(crowd)
    return crowd


def _while_people_work(machine: Machine, act: Callable[[], None], allowed: Iterable[str]) -> str:
    """Run `act` while some people work; they may get these errors, and finish what they began."""
    cookies, lines = machine.people(FEW), machine.lines()
    with ThreadPoolExecutor(1) as aside:
        working = aside.submit(_browse, machine, cookies, SHORT_S)
        time.sleep(SHORT_S / 4)
        act()
        crowd = working.result()
    errors = machine.errors(lines)
    assert errors.keys() <= set(allowed), errors
    unfinished = set(crowd.accepted) - set(crowd.finished)
    # Their worker was killed while it sent them: some minutes later, upstream's list says whether
    # it has them. Until then, they are not sent again.
    unconfirmed = {prompt for prompt, state in _runs(machine) if state == "unconfirmed"}
    assert crowd.accepted, crowd
    assert unfinished <= unconfirmed, f"{crowd}; {crowd.broken[:5]}"
    return f"{crowd}; {len(unfinished)} unconfirmed for now"


def _while_broken(machine: Machine, broken: Callable[[], AbstractContextManager[None]]) -> str:
    def act() -> None:
        with broken():
            time.sleep(SHORT_S / 4)

    return _while_people_work(machine, act, allowed=("503", "502"))


def _runs(machine: Machine) -> list[tuple[str, str]]:
    """Return the prompt and the state of each run of the crowds' model."""
    rows = machine.query(
        """SELECT arguments::jsonb->>'prompt', state FROM playground_run
           JOIN catalog_endpoint ON catalog_endpoint.id = playground_run.endpoint_id
           WHERE catalog_endpoint.endpoint_id = 'mischief/slow'"""
    )
    return [(str(prompt), str(state)) for prompt, state in rows]


def _more_than_once(counts: Counter[str]) -> list[str]:
    return [name for name, count in counts.items() if count > 1]
