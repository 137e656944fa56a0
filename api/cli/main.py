"""`vitrine …`: reads the command line and runs one command."""

from __future__ import annotations

import sys
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.errors import CommandFailed, Exit
from api.cli.output import print_line, print_to_stderr

if TYPE_CHECKING:
    from api.cli.client import Client

Command = Callable[[Namespace], int]
# Commands that manage this machine's Vitrine: the command of `manage.py`, and the help text.
MANAGEMENT = {
    "up": ("up", "start Vitrine on this machine"),
    "sync": ("sync_models", "bring this machine's catalogue up to date"),
    "token": ("token", "print an API token of this machine's Vitrine"),
    "worker": ("worker", "send runs and follow them to their end"),
    "sandbox": ("sandbox", "start only the bundled upstream"),
    "doctor": ("doctor", "check this machine's Vitrine, and say how to repair what is wrong"),
    "backup": ("backup", "back up this machine's Vitrine, prove or list its backups"),
    "restore": ("restore", "replace the data in use by a backup"),
    "manage": ("", "run any command of manage.py"),
}
_ABOUT = "Browse, try and compare generative models."
_EPILOGUE = (
    "Without VITRINE_URL the commands use the Vitrine of this machine. With VITRINE_URL and "
    "VITRINE_TOKEN they use another one. Exit codes: 0 done, 1 the run failed, 2 wrong usage, "
    "3 refused, 4 server not reached, 5 the run has not ended."
)
_INPUT_HELP = "name=value, name=@file (uploaded, where the model takes a file), name:=JSON"


class _Version(Action):
    """Prints the version and exits; reads it only then, since that takes a while."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        print_line(f"vitrine {_version()}")
        parser.exit()


def _version() -> str:
    """Return the version of this checkout, or of the installed package."""
    import tomllib
    from importlib import metadata

    project = Path(__file__).resolve().parents[2] / "pyproject.toml"
    if not project.is_file():
        return metadata.version("vitrine")
    return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])


def _connect() -> Client:
    from api.cli.connection import connect  # httpx takes a while to import

    return connect()


def main(arguments: Sequence[str], connect: Callable[[], Client] = _connect) -> int:
    """Run a command with the client that `connect` returns; return the exit code."""
    if arguments and arguments[0] in MANAGEMENT:
        return _manage(arguments)
    if arguments and arguments[0] == "__complete":
        return _complete(arguments[1:], connect)
    options = _parse(arguments)
    options.connect = connect
    try:
        return int(options.command(options))
    except CommandFailed as failure:
        print_to_stderr(f"vitrine: {failure}")
        for line in failure.lines:
            print_to_stderr(f"  {line}")
        return int(failure.code)
    except KeyboardInterrupt:
        print_to_stderr("vitrine: stopped. A run that was started continues.")
        return int(Exit.UNFINISHED)
    except BrokenPipeError:
        sys.stderr.close()  # stdout's reader has gone; Python would print an error about the pipe
        return int(Exit.OK)


def _parse(arguments: Sequence[str]) -> Namespace:
    """Return the parsed options; inputs may also follow options."""
    parser = _parser()
    options, extras = parser.parse_known_args(arguments)
    if extras and not (hasattr(options, "words") and all("=" in w and w[0] != "-" for w in extras)):
        parser.error(f"unrecognized arguments: {' '.join(extras)}")
    if extras:
        options.words += extras
    return options


def _manage(arguments: Sequence[str]) -> int:
    """Run a command of `manage.py`."""
    import manage

    name, _ = MANAGEMENT[arguments[0]]
    sys.argv = ["vitrine", *([name] if name else []), *arguments[1:]]
    manage.main()
    return int(Exit.OK)


def _complete(words: Sequence[str], connect: Callable[[], Client]) -> int:
    from api.cli.completion import complete

    names = [*MANAGEMENT, *_names()]
    try:
        completions = complete(words, names, connect()) if len(words) > 1 else None
        prefix = words[0] if words else ""
        candidates = (
            [name for name in names if name.startswith(prefix)]
            if completions is None
            else completions
        )
        print_line("\n".join(candidates))
    except CommandFailed as failure:
        return int(failure.code)
    return int(Exit.OK)


def _names() -> list[str]:
    return ["search", "show", "price", "run", "runs", "cancel", "mcp", "completion"]


def _parser() -> ArgumentParser:
    parser = ArgumentParser("vitrine", description=_ABOUT, epilog=_EPILOGUE)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, (_, description) in MANAGEMENT.items():
        commands.add_parser(name, help=description, add_help=False)
    command = commands.add_parser("search", help="find models: words, descriptions, out:video …")
    command.add_argument("question", nargs="*")
    command.add_argument("--limit", type=int, default=20)
    command.add_argument("--sort", choices=["newest", "name", "price"])
    _finish(command, "models", "search")
    command = commands.add_parser("show", help="show a model's price and inputs")
    command.add_argument("endpoint_id")
    _finish(command, "models", "show")
    command = commands.add_parser("price", help="estimate what a run will cost")
    command.add_argument("endpoint_id")
    _add_inputs(command)
    _finish(command, "models", "price")
    _add_run(commands.add_parser("run", help="run a model", epilog=_EPILOGUE))
    _add_runs(commands.add_parser("runs", help="list the newest runs, or show one"))
    command = commands.add_parser("cancel", help="request that a run stop")
    command.add_argument("run_id")
    _finish(command, "runs", "cancel")
    command = commands.add_parser("mcp", help="serve assistants over stdio (MCP)")
    command.set_defaults(command=_serve_mcp)
    command = commands.add_parser("completion", help="print a shell's completion script")
    command.add_argument("shell", choices=["bash", "zsh", "fish"])
    command.set_defaults(command=_print_completion)
    return parser


def _add_inputs(parser: ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", metavar="input", help=_INPUT_HELP)
    parser.add_argument("--input", help="the input as a JSON object, or @file with one")
    parser.add_argument(
        "--allow-unknown",
        action="store_true",
        help="also send inputs that the schema does not define",
    )


def _add_run(parser: ArgumentParser) -> None:
    parser.add_argument("endpoint_id", nargs="?", help="the model; optional with --preset")
    _add_inputs(parser)
    parser.add_argument(
        "--preset", dest="preset_id", type=int, help="number of a preset to fill in"
    )
    parser.add_argument("--transport", choices=["queue", "sync", "stream", "websocket"])
    parser.add_argument(
        "--start-timeout",
        dest="start_timeout_s",
        type=float,
        metavar="SECONDS",
        help="give up, at no cost, if it has not started by then",
    )
    parser.add_argument(
        "--priority", choices=["normal", "low"], help="low: behind everybody's normal runs"
    )
    parser.add_argument(
        "--no-retry", action="store_const", const=True, help="fal does not retry by itself"
    )
    parser.add_argument(
        "--project", metavar="SLUG", help="slug of the project that the run goes to"
    )
    parser.add_argument("--max-cost", type=float, help="refuse a run that may cost more")
    parser.add_argument("--key", help="idempotency key: a repeated command returns the same run")
    parser.add_argument("--wait", action="store_true", help="wait until the run has ended")
    parser.add_argument("--timeout", type=float, help="seconds to wait at most")
    parser.add_argument("-o", "--out", help="wait, then save the results to this folder")
    _finish(parser, "runs", "run")


def _add_runs(parser: ArgumentParser) -> None:
    parser.add_argument("run_id", nargs="?")
    parser.add_argument("-q", help="text in prompt or input")
    parser.add_argument("--model")
    parser.add_argument("--state")
    parser.add_argument("--after", metavar="DATE", help="created on this date or later (UTC)")
    parser.add_argument("--before", metavar="DATE", help="created before this date (UTC)")
    parser.add_argument("--batch", metavar="ID", help="only runs of this batch of variations")
    parser.add_argument("--project", metavar="SLUG", help="only runs of this project")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("-o", "--out", help="save the run's results to this folder")
    _finish(parser, "runs", "runs")


def _finish(parser: ArgumentParser, module: str, function: str) -> None:
    """Add --json and the function that runs the command."""
    parser.add_argument("--json", action="store_true", help="print JSON")

    def command(options: Namespace) -> int:
        from importlib import import_module

        _require_model(options)
        run_command = getattr(import_module(f"api.cli.commands.{module}"), function)
        return int(run_command(options.connect(), options))

    parser.set_defaults(command=command)


def _require_model(options: Namespace) -> None:
    """Treat the first word as an input if no model is named (`run --preset 3 prompt=…`)."""
    endpoint_id = getattr(options, "endpoint_id", "")
    if endpoint_id and "=" in endpoint_id and hasattr(options, "preset_id"):
        options.words.insert(0, endpoint_id)
        options.endpoint_id = None
    if hasattr(options, "preset_id") and not options.endpoint_id and options.preset_id is None:
        raise CommandFailed("Name a model, or a preset by --preset.")


def _serve_mcp(options: Namespace) -> int:
    from api.cli.mcp import serve

    serve(options.connect())
    return int(Exit.OK)


def _print_completion(options: Namespace) -> int:
    from api.cli.completion import SCRIPTS

    print(SCRIPTS[options.shell], end="")
    return int(Exit.OK)
