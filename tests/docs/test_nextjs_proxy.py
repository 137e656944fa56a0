"""The example docs/examples/nextjs-proxy: browser, own server, Vitrine; it keeps the token."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import tokens
from runs.models import Run
from runs.state import state_machine
from runs.state.transitions import Observation
from tests.browser import fal_client
from tests.processes import ROOT, until

pytestmark = [
    pytest.mark.system,
    pytest.mark.django_db(transaction=True),
    pytest.mark.needs("Node"),
]

EXAMPLE = ROOT / "docs" / "examples" / "nextjs-proxy"
FLUX = "fal-ai/flux/dev"
QUEUE = f"https://queue.fal.run/{FLUX}"
PICTURE = "https://v3.fal.media/files/x/cat.png"
# What a page does with the client that it loads from the example's own server.
PAGE = """
globalThis.window = globalThis;
const base = process.argv[1];
(0, eval)(await (await fetch(`${base}fal.js`)).text());
delete globalThis.window;
fal.config({ proxyUrl: { url: `${base}api/fal/proxy`, when: "always" } });
const { data, requestId } = await fal.subscribe(process.argv[2], { input: { prompt: "a cat" } });
console.log(JSON.stringify({ url: data.images[0].url, requestId }));
"""


@pytest.fixture
def secret(user: Any) -> str:
    _, secret = tokens.create(user, "the example", ["run"])
    return secret


@pytest.fixture
def example(live_server: Any, secret: str, tmp_path: Path) -> Iterator[str]:
    """The address of the example, whose server has the token."""
    folder = Path(shutil.copytree(EXAMPLE, tmp_path / "example"))
    (folder / "node_modules").symlink_to(fal_client.installed())
    variables = {"VITRINE_URL": live_server.url, "VITRINE_TOKEN": secret, "PORT": "0"}
    with subprocess.Popen(
        ["node", "server.mjs"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


def test_a_page_runs_a_model_and_never_sees_the_token(example, secret, make_endpoint, live_server):
    make_endpoint(FLUX)
    page = subprocess.Popen(
        ["node", "--input-type=module", "-e", PAGE, example, FLUX],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    run = _find_run(page)
    state_machine.record(run.pk, Observation("succeeded", output={"images": [{"url": PICTURE}]}))
    printed, errors = page.communicate(timeout=60)
    assert not page.returncode, errors
    assert json.loads(printed) == {"url": PICTURE, "requestId": str(run.pk)}
    assert (run.arguments, run.user.username) == ({"prompt": "a cat"}, "ana")

    seen = ""
    with httpx.Client(base_url=example) as browser:
        for path in ("", "fal.js", "server.mjs", "app/api/fal/proxy/route.js", "api/fal/proxy"):
            response = browser.get(path)
            seen += response.text + repr(response.headers)
        for target, status in (
            (f"{QUEUE}/requests/{run.pk}", 200),
            ("https://queue.fal.run/fal-ai/no-such", 404),
            ("https://evil.example/", 400),
        ):
            headers = {"x-fal-target-url": target, "Cookie": "a=b", "Authorization": "Key mine"}
            method = "GET" if "requests" in target else "POST"
            response = browser.request(method, "api/fal/proxy", headers=headers)
            assert response.status_code == status, response.text
            seen += response.text + repr(response.headers)
            assert not {"set-cookie", "ratelimit"} & {name.lower() for name in response.headers}
    assert "x-fal-request-id" in seen
    assert secret not in seen + printed + errors


def _find_run(page: subprocess.Popen[str]) -> Run:
    """Return the run that the page has started."""

    def run() -> Run | None:
        assert page.poll() is None, page.stderr and page.stderr.read()
        return Run.objects.select_related("user").first()

    found_run: Run = until(run, 60)
    return found_run
