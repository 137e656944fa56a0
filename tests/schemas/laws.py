"""How many cases each law is tried on: few in a normal run, many with `HYPOTHESIS_PROFILE=long`."""

from __future__ import annotations

import os

LONG = 25  # times as many


def cases(few: int) -> int:
    """The number of examples for a law that a normal run tries on `few`."""
    return few * LONG if os.environ.get("HYPOTHESIS_PROFILE") == "long" else few
