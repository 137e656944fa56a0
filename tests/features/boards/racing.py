"""Two overlapping requests on a shared database: the second begins while the first writes."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections, transaction

WAIT_S = 0.3  # longer than any request takes that no lock holds back


def run_during(writing: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Run `second` between `writing` and its commit; return the outcome of `second`.

    The commit waits until `second` ends, at most `WAIT_S` seconds: after that, `second` is the one
    that waits for the commit.
    """
    with transaction.atomic():
        writing()
        other = _Thread(second)
        other.start()
        other.join(WAIT_S)
    return other.outcome()


def run_at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Start these functions at the same moment; return their results, or the exceptions they
    raised.
    """
    ready = threading.Barrier(len(deeds))

    def after_barrier(deed: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            ready.wait()
            return deed()

        return run

    threads = [_Thread(after_barrier(deed)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [thread.error or thread.value for thread in threads]


class _Thread(threading.Thread):
    def __init__(self, function: Callable[[], Any]) -> None:
        super().__init__()
        self.function = function
        self.value: Any = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.value = self.function()
        except BaseException as error:
            self.error = error
        finally:
            connections.close_all()

    def outcome(self) -> Any:
        self.join()
        if self.error:
            raise self.error
        return self.value
