"""A client that openapi-python-client generates from Vitrine's OpenAPI document."""

import importlib
import inspect
import io
import pkgutil
import subprocess
import sys
import tempfile
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any, get_args

from common import CENSOR, FORBIDDEN, MINUTE, PICTURE, SLOW, TOKEN, URL, digest, main, refusals

INPUT = {"endpoint_id": PICTURE, "arguments": {"prompt": "a mill"}}
BOARD = {"columns": [{"endpoint_id": PICTURE}], "rows": [{"prompt": "a mill"}]}
BODIES: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("create_run", "estimate_run"), INPUT),
    **dict.fromkeys(("create_board", "estimate_board"), BOARD),
    "add_to_board": {"rows": [{"prompt": "two mills"}]},
    "run_board_again": {"what": "failed"},
    "answer_consent": {"agrees": False},
    "estimate_flow": {"inputs": {}},
    "run_flow": {"inputs": {}},
}
NOBODYS = "00000000-0000-4000-8000-000000000000"
KNOWN: dict[str, Any] = {"endpoint_id": PICTURE, "slug": "best", "position": 0}
KNOWN |= dict.fromkeys(("consent_id", "preset_id"), NOBODYS)
# These calls return keys that other calls need; calls that delete come last.
FIRST = {"list_flows": "flow_id", "create_upload": "upload_id", "create_run": "run_id"}
FIRST |= {"create_board": "board_id", "run_flow": "flow_run_id"}
LAST = ("unstar_artifact", "unstar_run", "remove_favourite", "delete_upload", "delete_run")
REFUSED = dict.fromkeys(("get_consent", "answer_consent", "get_preset"), 404)
REFUSED |= {"get_collection": 404, "add_to_collection": 403, "remove_from_collection": 403}


@cache
def generated() -> Any:
    """Generate the client; fail if it refuses a part of the document."""
    folder = Path(tempfile.mkdtemp())
    with urllib.request.urlopen(f"{URL}/api/v1/openapi.json") as response:
        (folder / "document.json").write_bytes(response.read())
    (folder / "settings.yml").write_text("post_hooks: []\n")
    program = Path(sys.executable).with_name("openapi-python-client")
    paths = ("--path=document.json", "--output-path=its_client", "--config=settings.yml")
    command = [program, "generate", "--meta=none", "--fail-on-warning", *paths]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode, f"{done.stdout}{done.stderr}"
    sys.path.insert(0, str(folder))
    return importlib.import_module("its_client")


@cache
def calls() -> dict[str, Any]:
    """Return the functions of all calls by name."""
    api = importlib.import_module(f"{generated().__name__}.api")
    modules = pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    return {
        module.name.rpartition(".")[2]: importlib.import_module(module.name).sync_detailed
        for module in modules
        if not module.ispkg
    }


def ask(name: str, content: dict[str, Any] | None = None, **values: Any) -> Any:
    """Make a call with a body of this content; return its answer, which the document declares."""
    import httpx

    call, its = calls()[name], generated()
    if content is not None:
        kind = inspect.signature(call).parameters["body"].annotation
        # for a union with `Unset`, its first type
        values["body"] = (get_args(kind) or [kind])[0].from_dict(content)
    base, timeout = f"{URL}/api/v1", httpx.Timeout(2 * MINUTE)
    client = its.AuthenticatedClient(base_url=base, token=TOKEN, timeout=timeout)
    answer = call(client=client, **values)
    is_named = answer.parsed is not None or (answer.status_code == 204 and not answer.content)
    assert is_named, f"{name}: {answer.status_code} {answer.content[:300]!r}"
    return answer


def start(model: str, **arguments: Any) -> Any:
    """Start a run."""
    return ask("create_run", {"endpoint_id": model, "arguments": arguments})


def wait_for_end(run_id: Any) -> Any:
    """Wait for the end of a run."""
    while not (run := ask("get_run", run_id=run_id, wait=30).parsed).is_final:
        pass
    return run


def file_of(run: Any) -> dict[str, str]:
    """Open the first file of a run with the token."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    request = urllib.request.Request(run.artifacts[0].url, headers=headers)
    with urllib.request.urlopen(request) as response:
        return {"run": str(run.id), "file": digest(response.read())}


def error_of(call: Any) -> dict[str, Any]:
    """Return status and message of a refusal; a failed run has only a message."""
    answer = call()
    if answer.status_code < 400:
        return {"status": None, "text": str(wait_for_end(answer.parsed.id).error.to_dict())}
    return {"status": int(answer.status_code), "text": str(answer.parsed.to_dict())}


def run() -> Any:
    """Start, wait, open."""
    return file_of(wait_for_end(start(PICTURE, prompt="a mill").parsed.id))


def cancel() -> Any:
    """Cancel a running run."""
    run_id = start(SLOW, duration=MINUTE).parsed.id
    ask("cancel_run", run_id=run_id)
    return {"run": str(run_id)}


def minute() -> Any:
    """Wait for a run of a minute."""
    return file_of(wait_for_end(start(SLOW, duration=MINUTE).parsed.id))


def everything() -> Any:
    """Make every call of the document once."""
    for name in (*FIRST, *sorted(calls().keys() - FIRST.keys() - {*LAST}), *LAST):
        taken = inspect.signature(calls()[name]).parameters.values()
        values = {
            parameter.name: KNOWN[parameter.name] for parameter in taken if parameter.name in KNOWN
        }
        if name == "create_upload":
            file = importlib.import_module("its_client.types").File(io.BytesIO(b"a mill"), "a.txt")
            values["body"] = generated().models.NewUpload(file=file)
        answer = ask(name, BODIES.get(name), **values)
        expected = REFUSED.get(name, answer.status_code if answer.status_code < 300 else 200)
        assert answer.status_code == expected, f"{name}: {answer.content[:300]!r}"
        if FIRST.get(name):
            made = answer.parsed
            KNOWN[FIRST[name]] = (made.items[0] if name == "list_flows" else made).id
        if name == "create_run":
            wait_for_end(KNOWN["run_id"])
    return {"text": f"{len(calls())} calls"}


main(
    [run, everything, cancel, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: start(PICTURE, prompt="x", num_images=99),
        refused=lambda: start(CENSOR, prompt=FORBIDDEN),
        plain=lambda: start(PICTURE, prompt="x"),
    ),
    statuses={"refused": None},
)
