"""`make clients`: unmodified clients of others, from their registries, with a whole Vitrine.

python -m tests.clients [names]

Prints whether each promise of each client holds: `ok`, `FAILED` with the reason, or `cannot` with
the reason, if the client itself does not do this. Exit code 1 if anything failed.

It starts itself again in a network that has only the loopback interface, so nothing can leave the
machine. Each client has a resolver that answers for Vitrine's names and records other queries.
Needs Linux with `unshare` (as root, or where accounts may make user namespaces).

To add a client:

1. Its packages, for Python: `locks/<name>.in` names them, `make lock` pins them in
   `locks/<name>.txt`. Each other language has a function in `environments.py`.
2. Its program, `programs/try_<name>.py` (other endings: `environments.LANGUAGES`). Without an
   argument, it prints `{"promises": […], "cannot": {promise: why}, "statuses": {…}}`; `statuses`
   only if its protocol differs from fal's (null: it has none, its errors are texts). With a promise
   as its argument, it keeps this promise and prints facts as its last line, a JSON object:
   - `run`, `minute` and promises of its own: `file`, the SHA-256 of the result's file that it
     opened (with its `address`, if the client knows it), or a `text`, or the number of `events`;
   - `invalid`, `refused`, `blocked`, `budget`: the `status` and the `text` of the client's error;
   - `cancel`: the `run`'s id, unless a header of fal's contained it; the stage reads its state.
   It gets VITRINE_URL, VITRINE_TOKEN (one for each promise, with the rights that it needs),
   HUB_URL, and SSL_CERT_FILE, NODE_EXTRA_CA_CERTS and the like. The program sets the client's own
   variables, and turns its telemetry off as its documentation says.

Each of `promises.EVERY` must be among its promises or in its `cannot`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.clients import environments, promises
from tests.clients.promises import Kept
from tests.clients.resolver import Resolver
from tests.clients.stage import BASE, HUB, NAMES, Stage

INSIDE = "VITRINE_CLIENTS_INSIDE"
AT_ONCE = 3
LIMIT_S = 240.0
# Only the client sees its own resolver in /etc/resolv.conf.
_OWN_RESOLVER = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


@dataclass(frozen=True)
class Client:
    """A client's program, with the promises that it makes and those that it cannot make."""

    name: str
    command: list[str]
    promises: list[str]
    cannot: dict[str, str]
    statuses: dict[str, int | None]


def main(names: Sequence[str]) -> int:
    """Try the named clients, or all; return 1 if one promise is broken."""
    names = names or environments.names()
    for name in names:
        environments.install(name)
    if os.environ.get(INSIDE):
        return _inside(names)
    apart = ["unshare", "--net", "--mount", *(["--map-root-user"] if os.geteuid() else [])]
    command = [*apart, sys.executable, "-m", "tests.clients", *names]
    return subprocess.run(command, env=os.environ | {INSIDE: "1"}, check=False).returncode


def _inside(names: Sequence[str]) -> int:
    clients = [_declared(name) for name in names]
    folder = Path(tempfile.mkdtemp(prefix="vitrine-clients-"))
    folder.chmod(0o755)
    with Stage(folder) as stage:
        tokens = stage.people({client.name: client.promises for client in clients})
        resolvers = {
            client.name: Resolver(f"127.0.1.{number + 1}", NAMES)
            for number, client in enumerate(clients)
        }
        outcomes = _try_all(stage, clients, tokens)
        for client in clients:
            outcomes[client.name, "elsewhere"] = _elsewhere(resolvers[client.name])
        outcomes["Vitrine", "elsewhere"] = _elsewhere(stage.resolver)
        outcomes["Vitrine", "secrets"] = _secrets(stage)
    return _print(clients, outcomes, folder)


def _declared(name: str) -> Client:
    command = environments.command(name)
    printed = subprocess.run(
        command,
        env=os.environ | {"VITRINE_URL": BASE, "VITRINE_TOKEN": "none"},
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert not printed.returncode, f"{name}: {printed.stderr[-2000:]}"
    declared = json.loads(printed.stdout.splitlines()[-1])
    missing = {*promises.EVERY} - {*declared["promises"]} - declared["cannot"].keys()
    assert not missing, f"{name} says nothing of {', '.join(missing)}"
    return Client(
        name, command, declared["promises"], declared["cannot"], declared.get("statuses", {})
    )


def _try_all(
    stage: Stage, clients: Sequence[Client], tokens: dict[str, dict[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the outcome of each client's promises; the slow ones (`minute`) run separately."""
    running: dict[tuple[str, str], Future[str]] = {}
    with ThreadPoolExecutor(len(clients)) as slow, ThreadPoolExecutor(AT_ONCE) as quick:
        for number, client in enumerate(clients):
            for promise in client.promises:
                pool = slow if promise == "minute" else quick
                token = tokens[client.name][promise]
                running[client.name, promise] = pool.submit(
                    _try, stage, client, promise, token, f"127.0.1.{number + 1}"
                )
        return {named: future.result() for named, future in running.items()}


def _try(stage: Stage, client: Client, promise: str, token: str, resolver: str) -> str:
    home = stage.folder / "homes" / client.name / promise
    home.mkdir(parents=True)
    resolv = home / "resolv.conf"
    resolv.write_text(f"nameserver {resolver}\n")
    authority = str(stage.authority)
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "VITRINE_URL": BASE,
        "VITRINE_TOKEN": token,
        "HUB_URL": f"http://127.0.0.1:{HUB}",
        **dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"), authority),
    }
    apart = ["unshare", "--mount", "sh", "-c", _OWN_RESOLVER, str(resolv)]
    began = time.monotonic()
    try:
        done = subprocess.run(
            [*apart, *client.command, promise],
            env=variables, cwd=home, capture_output=True, text=True, check=False, timeout=LIMIT_S,
        )  # fmt: skip
        (home / "printed").write_text(f"{done.stdout}\n{done.stderr}")
        assert not done.returncode, done.stderr.strip().rpartition("\n")[2][:300]
        facts = json.loads(done.stdout.strip().rpartition("\n")[2])
        seconds = time.monotonic() - began
        exchanges = stage.recorder.exchanges_with(token)
        kept = Kept(client.name, promise, token, facts, seconds, client.statuses, exchanges)
        promises.judge(stage, kept)
    except Exception as error:  # a program may print anything
        return f"FAILED: {error!r}" if not isinstance(error, AssertionError) else f"FAILED: {error}"
    return "ok"


def _elsewhere(resolver: Resolver) -> str:
    names = sorted(set(resolver.elsewhere))
    return f"FAILED: it asked for {', '.join(names)}" if names else "ok"


def _secrets(stage: Stage) -> str:
    """Check that upstream saw no token of Vitrine's, and no client saw the house's key."""
    requests = stage.upstream_lines("requests")
    assert any(line.endswith("with key") for line in requests), "upstream's eye saw no key"
    tokens = stage.upstream_lines("tokens")
    leaking = [exchange.line for exchange in stage.recorder.exchanges if exchange.has_secret]
    if tokens or leaking:
        return f"FAILED: {len(tokens)} tokens went upstream, the key came with {leaking[:3]}"
    return "ok"


def _print(clients: Sequence[Client], said: dict[tuple[str, str], str], folder: Path) -> int:
    """Print the table, and below it everything that is not ok; return the exit code."""
    columns = (*promises.EVERY, "elsewhere")
    width = max(len(client.name) for client in clients) + 2
    print(" " * width + " ".join(f"{column:<9}" for column in columns) + " its own")
    notes = []
    for client in clients:
        outcomes = {**{name: f"cannot: {why}" for name, why in client.cannot.items()}}
        outcomes |= {promise: word for (name, promise), word in said.items() if name == client.name}
        notes += [
            f"{client.name}, {name}: {word}" for name, word in outcomes.items() if word != "ok"
        ]
        cells = " ".join(f"{outcomes[column].partition(':')[0]:<9}" for column in columns)
        own = " ".join(
            f"{name} {word.partition(':')[0]}"
            for name, word in outcomes.items()
            if name not in columns
        )
        print(f"{client.name:<{width}}{cells} {own}")
    ours = {what: word for (name, what), word in said.items() if name == "Vitrine"}
    print("Vitrine itself: " + ", ".join(f"{what} {word}" for what, word in ours.items()))
    print(*sorted(notes), sep="\n")
    failed = sum(word.startswith("FAILED") for word in said.values())
    print(f"{sum(word == 'ok' for word in said.values())} ok, {failed} failed")
    if failed:
        print(f"The logs are in {folder}")
    else:
        subprocess.run(["rm", "-rf", str(folder)], check=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
