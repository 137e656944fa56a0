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
    UNFINISHED = 5  # the run continues


class CommandFailed(Exception):
    """Ends the command with exit code `code`; `lines` gives the details.

    `status` and `problem` come from the server's response, if there was one.
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
    document = problem if isinstance(problem, dict) else {}
    message = str(document.get("detail") or f"The server answered with status {status}.")
    error_rows = document.get("errors")
    errors = (
        [error for error in error_rows if isinstance(error, dict)]
        if isinstance(error_rows, list)
        else []
    )
    lines = [
        f"{terms.option_of(error)}: {error.get('detail')}"
        for error in errors
        if error.get("detail") != message
    ]
    code = Exit.UNREACHABLE if status >= 500 else Exit.REFUSED
    message = terms.in_terms(message, terms.COMMANDS)
    return CommandFailed(message, code, lines, status, problem)
