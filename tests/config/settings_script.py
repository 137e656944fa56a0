"""Reads the settings anew for each question: a line of JSON, answered by a line.

A question contains the folder with `config`, the command of `manage.py` (empty for another
process), the variables and an expression (`"s.DEBUG, s.FAL_KEY"`). A fork answers it: imports take
most of a start, and the parent has done them once.
"""

import json
import os
import sys
import traceback
from typing import Any

import environ  # noqa: F401
from django.core.exceptions import ImproperlyConfigured
from django.core.files import storage  # noqa: F401


def answer(folder: str, command: str, variables: dict[str, str], what: str) -> dict[str, Any]:
    """Return the values, or the reason why the settings refuse the environment."""
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(folder)
    sys.path.insert(0, folder)
    try:
        if command:
            from config import key_access

            key_access.grant(command)
        from config import settings

        return {"values": eval(f"[{what}]", {"s": settings})}
    except ImproperlyConfigured as error:
        return {"refused": str(error)}
    except Exception:
        return {"broken": traceback.format_exc()}


if __name__ == "__main__":
    for line in sys.stdin:
        if not (child := os.fork()):
            print(json.dumps(answer(**json.loads(line))), flush=True)
            os._exit(0)
        os.waitpid(child, 0)
