"""A client that openapi-python-client generates from the address of Vitrine's document."""

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
from typing import Any

from common import (
    CENSOR,
    FORBIDDEN,
    MINUTE,
    PICTURE,
    SLOW,
    TOKEN,
    URL,
    digest,
    main,
    refusals,
)

# What a call is given besides what earlier calls have answered.
BODIES: dict[str, dict[str, Any]] = {
    "create_preset": {"endpoint_id": PICTURE, "name": "Mill", "arguments": {"prompt": "a mill"}},
    "create_webhook": {"webhook_url": f"{URL}/hook"},
    "create_run": {"endpoint_id": PICTURE, "arguments": {"prompt": "a mill"}},
    "estimate_run": {"endpoint_id": PICTURE, "arguments": {"prompt": "a mill"}},
    "create_board": {"columns": [{"endpoint_id": PICTURE}], "rows": [{"prompt": "a mill"}]},
    "estimate_board": {"columns": [{"endpoint_id": PICTURE}], "rows": [{"prompt": "a mill"}]},
    "add_to_board": {"rows": [{"prompt": "two mills"}]},
    "run_board_again": {"what": "failed"},
    "answer_consent": {"agrees": False},
    "estimate_flow": {"inputs": {}},
    "run_flow": {"inputs": {}},
}
NOBODYS = "00000000-0000-4000-8000-000000000000"
KNOWN: dict[str, Any] = {
    "endpoint_id": PICTURE,
    "slug": "best",
    "position": 0,
    "consent_id": NOBODYS,
    "delivery_id": NOBODYS,
}
# Calls whose answer another one needs, and by which name; what takes things away comes last.
FIRST = {
    "list_flows": "flow_id",
    "create_webhook": "webhook_id",
    "delete_webhook": "",
    "create_preset": "preset_id",
    "create_upload": "upload_id",
    "create_run": "run_id",
    "create_board": "board_id",
    "run_flow": "flow_run_id",
}
LAST = ("unstar_artifact", "unstar_run", "remove_favourite", "delete_preset", "delete_run")
# What is not there, or not this token's to do.
REFUSED = {
    **dict.fromkeys(("get_consent", "answer_consent", "repeat_delivery", "get_collection"), 404),
    **dict.fromkeys(("add_to_collection", "remove_from_collection"), 403),
}


@cache
def generated() -> Any:
    """Generate the client; a part of the document that it refuses is an error."""
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
    """The modules of all calls by name."""
    api = importlib.import_module(f"{generated().__name__}.api")
    found = pkgutil.walk_packages(api.__path__, f"{api.__name__}.")
    return {
        module.name.rpartition(".")[2]: importlib.import_module(module.name)
        for module in found
        if not module.ispkg
    }


@cache
def client() -> Any:
    """The client with its token."""
    import httpx

    timeout = httpx.Timeout(2 * MINUTE)
    base = f"{URL}/api/v1"
    return generated().AuthenticatedClient(base_url=base, token=TOKEN, timeout=timeout)


def ask(name: str, body: dict[str, Any] | None = None, **values: Any) -> Any:
    """Make a call with a body of this content; its answer is one that the document names."""
    call = calls()[name].sync_detailed
    if body is not None:
        kind = inspect.signature(call).parameters["body"].annotation
        kind = getattr(sys.modules[call.__module__], str(kind).partition(" ")[0], kind)
        values["body"] = kind.from_dict(body)
    answer = call(client=client(), **values)
    is_named = answer.parsed is not None or (answer.status_code == 204 and not answer.content)
    assert is_named, f"{name}: {answer.status_code} {answer.content[:300]!r}"
    return answer


def start(model: str, **arguments: Any) -> Any:
    """Start a run."""
    return ask("create_run", {"endpoint_id": model, "arguments": arguments})


def ended(run_id: Any) -> Any:
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
    """The status and the words of what is refused, at once or when the run has failed."""
    answer = call()
    if answer.status_code < 400:
        error = ended(answer.parsed.id).error
        return {"status": 422, "text": str(error.to_dict())}
    return {"status": int(answer.status_code), "text": str(answer.parsed.to_dict())}


def run() -> Any:
    """Start, wait, open."""
    return file_of(ended(start(PICTURE, prompt="a mill").parsed.id))


def cancel() -> Any:
    """Cancelled while it runs."""
    run_id = start(SLOW, duration=MINUTE).parsed.id
    ask("cancel_run", run_id=run_id)
    return {"run": str(run_id)}


def minute() -> Any:
    """A run of a minute."""
    return file_of(ended(start(SLOW, duration=MINUTE).parsed.id))


def everything() -> Any:
    """Every call of the document once."""
    between = sorted(calls().keys() - FIRST.keys() - {*LAST})
    for name in (*FIRST, *between, *LAST):
        taken = inspect.signature(calls()[name].sync_detailed).parameters.values()
        needed = [one.name for one in taken if one.default is one.empty and one.name != "client"]
        values = {one: KNOWN[one] for one in needed if one != "body"}
        if name == "create_upload":
            types = importlib.import_module(f"{generated().__name__}.types")
            file = types.File(io.BytesIO(b"a mill"), "mill.txt", "text/plain")
            values["body"] = generated().models.NewUpload(file=file)
        answer = ask(name, None if "body" in values else BODIES.get(name), **values)
        expected = REFUSED.get(name)
        is_well = answer.status_code == expected if expected else answer.status_code < 300
        assert is_well, f"{name}: {answer.status_code} {answer.content[:300]!r}"
        if FIRST.get(name):
            made = answer.parsed
            KNOWN[FIRST[name]] = (made.items[0] if name == "list_flows" else made).id
        if name == "create_run":
            ended(KNOWN["run_id"])
    return {"text": f"{len(calls())} calls"}


main(
    [run, everything, cancel, minute],
    refusals=refusals(
        error_of,
        invalid=lambda: start(PICTURE, prompt="x", num_images=99),
        refused=lambda: start(CENSOR, prompt=FORBIDDEN),
        plain=lambda: start(PICTURE, prompt="x"),
    ),
)
