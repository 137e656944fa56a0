"""Creates runs in the product's database and prints their progress once a second.

python -m bench.runs.workload_product MODEL COUNT HOLD_S  (settings come from the environment)

Each line is JSON, the fields of `Progress`. It runs until it is killed.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import django


@dataclass(frozen=True)
class Progress:
    """The progress of the runs, counted by their rows."""

    passed_s: float  # since all runs were created
    unfinished: int
    lost: int
    sending_s: float  # from the first run's creation to upstream's last answer; 0 before
    sent_again: int


def main(model: str, count: int, hold_s: float) -> Iterator[Progress]:
    """Create the runs, wake the worker up, then report once a second."""
    django.setup()
    from django.contrib.auth.models import User
    from django.db.models import Count, Max, Min, Q

    from catalog.models import Endpoint
    from core.notify import channel
    from runs.models import Run

    user = User.objects.create_user(f"bench-{uuid.uuid4().hex[:8]}")
    endpoint, _ = Endpoint.objects.get_or_create(
        endpoint_id=model, defaults={"display_name": "Slow", "owner": "mischief", "category": "x"}
    )
    arguments = {"prompt": "x", "duration": hold_s, "log_lines": 1, "picture": False}
    Run.objects.bulk_create(
        Run(user=user, endpoint=endpoint, form_token=uuid.uuid4().hex, arguments=arguments)
        for _ in range(count)
    )
    channel.notify()
    began = time.monotonic()
    has_ended = Q(state__in=Run.FINAL)
    is_lost = has_ended & ~Q(state=Run.State.SUCCEEDED) | Q(state=Run.State.UNCONFIRMED)
    while True:
        time.sleep(1)
        row = Run.objects.filter(user=user).aggregate(
            unfinished=Count("pk", filter=~has_ended),
            lost=Count("pk", filter=is_lost),
            sent_again=Count("pk", filter=Q(attempts__gt=1)),
            first=Min("created_at"),
            last=Max("queued_at"),
            waiting=Count("pk", filter=Q(queued_at=None)),
        )
        sending_s = 0.0 if row["waiting"] else (row["last"] - row["first"]).total_seconds()
        yield Progress(
            time.monotonic() - began, row["unfinished"], row["lost"], sending_s, row["sent_again"]
        )


if __name__ == "__main__":
    for progress in main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])):
        print(json.dumps(asdict(progress)), flush=True)
