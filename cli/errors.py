"""The failure of a command: an exit code and a message."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from api.contract import terms


class Exit(IntEnum):
    """The exit codes of `vitrine`."""

    OK = 0
    RUN_FAILED = 1
    USAGE = 2  # argparse's
    REFUSED = 3  # the server refused: token, permission, input, price
    UNREACHABLE = 4
    UNFINISHED = 5  # the run goes on


class CommandFailed(Exception):
    """Ends the command with exit code `code`; `lines` gives the details.

    `status` and `problem` are those of the server's response, if there was any.
    """

    def __init__(
        self,
        message: str,
        code: Exit = Exit.USAGE,
        lines: list[str] | None = None,
        status: int = 0,
        problem: Any = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.lines = lines or []
        self.status = status
        self.problem = problem


def from_problem(status: int, problem: Any) -> CommandFailed:
    """Return the failure that a problem document (RFC 9457) describes."""
    found = problem if isinstance(problem, dict) else {}
    message = str(found.get("detail") or f"The server answered with status {status}.")
    listed = found.get("errors")
    errors = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    lines = [
        f"{terms.option_of(one)}: {one.get('detail')}"
        for one in errors
        if one.get("detail") != message
    ]
    code = Exit.UNREACHABLE if status >= 500 else Exit.REFUSED
    message = terms.in_terms(message, terms.COMMANDS)
    return CommandFailed(message, code, lines, status, problem)
