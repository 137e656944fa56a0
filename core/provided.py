"""Functions that a lower folder declares and calls, and an app above it provides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Provided(Generic[P, R]):
    """Decorator: a function whose body answers until an app provides another one.

    Imports point down, so the folder that asks cannot import the one that knows. The app calls
    `provide` once, in its `ready`; the function's docstring names the module.
    """

    def __init__(self, default: Callable[P, R]) -> None:
        self._function = default

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._function(*args, **kwargs)

    def provide(self, function: Callable[P, R]) -> None:
        """Let this function answer from now on."""
        self._function = function
