"""`vitrine run`, `vitrine runs` and `vitrine cancel`."""

from __future__ import annotations

import json
import mimetypes
import time
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from api.cli import inputs
from api.cli.client import Client
from api.cli.connection import is_terminal
from api.cli.errors import CommandFailed, Exit
from api.cli.output import print_json, print_line, print_table, print_to_stderr, printable
from core.file_names import clean_name
from runs.start import wait_choices

HOLD_S = 25
POLL_S = 0.4  # if the server cannot hold calls
COPY_WAIT_S = 10.0  # for the server's copies of the artifacts, whose URLs do not expire
_CODES = {"succeeded": Exit.OK, "failed": Exit.RUN_FAILED, "cancelled": Exit.RUN_FAILED}


def run(client: Client, options: Namespace) -> Exit:
    """Run a model; with --wait return when the run has ended."""
    project = {"project": options.project} if options.project else {}
    body: dict[str, Any] = {"arguments": read_arguments(client, options, project)}
    if options.endpoint_id:
        body["endpoint_id"] = options.endpoint_id
    body |= {"allow_unknown": True} if options.allow_unknown else {}
    for name in ("preset_id", "transport", "max_cost", *wait_choices.OPTIONS):
        if (value := getattr(options, name, None)) is not None:
            body[name] = value
    headers = {"Idempotency-Key": options.key} if options.key else {}
    started = client.post("/runs", body, headers=headers, params=project)
    if not (options.wait or options.out):
        _print(started, options)
        return Exit.OK
    if reason := client.get("/me")["waiting_because"]:
        print_to_stderr(reason)
    ended = wait_for(client, started, options.timeout)
    ended = _with_copies(client, ended)
    if options.out and ended["state"] == "succeeded":
        ended["files"] = save(client, ended, Path(options.out))
    _print(ended, options)
    return _CODES.get(ended["state"], Exit.UNFINISHED)


def read_arguments(
    client: Client, options: Namespace, project: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a run's arguments from `--input` and `name=value` words; the words take precedence.

    Files are uploaded to `project`, the query that names it.
    """
    arguments = inputs.read_text(options.input) if options.input else {}
    if not options.words:
        return arguments
    endpoint_id = options.endpoint_id
    if not endpoint_id:
        endpoint_id = client.get(f"/presets/{options.preset_id}")["endpoint_id"]
    document = client.get(f"/schemas/{endpoint_id}")["openapi"]
    root = inputs.root_of(document, endpoint_id)
    return arguments | inputs.read_words(
        options.words,
        root,
        partial(client.upload, query=project),
        allow_unknown=options.allow_unknown,
    )


def wait_for(client: Client, started: dict[str, Any], timeout_s: float | None) -> dict[str, Any]:
    """Wait until the run has ended or the timeout is over; print progress to stderr."""
    until = time.monotonic() + timeout_s if timeout_s else float("inf")
    latest, printed_state = started, ""
    with Console(stderr=True).status(_progress(started)) as status:
        while not latest["is_final"] and time.monotonic() < until:
            left_s = min(until - time.monotonic(), 1 if is_terminal() else HOLD_S)
            hold_s = max(int(left_s), 1) if client.can_hold else 0
            latest = client.get(f"/runs/{started['id']}", wait=hold_s)
            status.update(_progress(latest))
            if not is_terminal() and latest["state"] != printed_state:
                printed_state = latest["state"]
                print_to_stderr(printed_state)
            if not client.can_hold and not latest["is_final"]:
                time.sleep(POLL_S)
    return latest


def _progress(run: dict[str, Any]) -> str:
    place = run.get("queue_position")
    last = run["logs"][-1] if run.get("logs") else ""
    parts = [run["state"], f"{place} ahead" if place else "", run["note"], last]
    return " · ".join(escape(printable(part)) for part in parts if part)


def save(client: Client, run: dict[str, Any], folder: Path) -> list[str]:
    """Save a run's artifacts, or its output if it has none; return the file names."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandFailed(f"{folder} cannot be created: {error.strerror}.") from error
    run = _with_copies(client, run)
    saved_paths = []
    for artifact in run["artifacts"]:
        if artifact["url"]:
            to = _free(folder / _name(run, artifact))
            client.download(artifact["url"], to)
            saved_paths.append(str(to))
    if not saved_paths:
        to = _free(folder / f"{run['id']}.json")
        to.write_text(json.dumps(run["output"], indent=2, ensure_ascii=False), encoding="utf-8")
        saved_paths.append(str(to))
    return saved_paths


def _with_copies(client: Client, run: dict[str, Any]) -> dict[str, Any]:
    """Return the run once the server has copied its files, or as it is after `COPY_WAIT_S`."""
    until = time.monotonic() + COPY_WAIT_S
    while time.monotonic() < until and any(a["state"] == "remote" for a in run["artifacts"]):
        time.sleep(POLL_S)
        run = client.get(f"/runs/{run['id']}")
    return run


def _name(run: dict[str, Any], artifact: dict[str, Any]) -> str:
    """Return the server's file name, with prompt, model and seed, without folders."""
    model = run["endpoint_id"].replace("/", "-")
    name = artifact["file_name"] or f"{model}-{artifact['position'] + 1}"
    name = clean_name(name)
    if not Path(name).suffix:
        name += mimetypes.guess_extension(artifact["content_type"]) or ""
    return name


def _free(file: Path) -> Path:
    """Return the path or, if it exists, the next free numbered name beside it."""
    numbered = (file.with_name(f"{file.stem}-{n}{file.suffix}") for n in range(2, 10_000))
    return (
        file
        if not file.exists()
        else next(candidate for candidate in numbered if not candidate.exists())
    )


def _print(run: dict[str, Any], options: Namespace) -> None:
    if options.json:
        print_json(run)
        return
    print_line(run["id"])
    print_to_stderr(f"{run['state']}{': ' + run['reason'] if run['reason'] else ''} {run['url']}")
    for line in run.get("files") or [
        artifact["url"] for artifact in run["artifacts"] if artifact["url"]
    ]:
        print_line(line)


def runs(client: Client, options: Namespace) -> Exit:
    """List the newest runs, or show one."""
    if options.run_id:
        run = client.get(f"/runs/{options.run_id}")
        if options.out:
            run["files"] = save(client, run, Path(options.out))
        print_json(run) if options.json else _print(run, options)
        return Exit.OK
    names = ("limit", "model", "state", "q", "batch", "project")
    query = {name: getattr(options, name) for name in names}
    query |= {"created_after": options.after, "created_before": options.before}
    newest = client.get("/runs", **query)["items"]
    if options.json:
        print_json(newest)
        return Exit.OK
    rows = [
        (run["id"], run["created_at"][:16].replace("T", " "), run["state"], run["endpoint_id"],
         run["reason"] or run["title"])
        for run in newest
    ]  # fmt: skip
    print_table(["run", "created (UTC)", "state", "model", "prompt"], rows)
    return Exit.OK


def cancel(client: Client, options: Namespace) -> Exit:
    """Request that a run be cancelled."""
    run = client.post(f"/runs/{options.run_id}/cancellation")
    print_json(run) if options.json else _print(run, options)
    return Exit.OK
