"""Answers the judged queries of one catalogue with the product; prints JSON.

python -m bench.catalogue.judged_product real|sandbox      (the settings come from the environment)
"""

from __future__ import annotations

import json
import sys

import django

from bench.catalogue import filling, judging


def main(name: str) -> dict[str, tuple[float, float, int]]:
    """Return nDCG@10, success@3 and the number of the tuning queries and the held-out queries."""
    django.setup()
    from django.core.management import call_command

    from catalog.models import Endpoint
    from catalog.search.engine import search
    from catalog.search.query import Query

    call_command("migrate", verbosity=0)
    if name == "real" and not filling.SAMPLE.exists():
        return {}
    filling.fill(filling.real() if name == "real" else filling.sandbox())

    def first_ids(typed: str) -> list[str]:
        answer = search(Query(q=typed))
        return [endpoint.endpoint_id for endpoint in [*answer.endpoints, *answer.near]]

    scores = judging.judge(first_ids, name, Endpoint.objects.values_list("endpoint_id", flat=True))
    groups = {
        "looked at": [score for score in scores if not score.question.is_aside],
        "kept aside": [score for score in scores if score.question.is_aside],
    }
    return {group: (*judging.mean(in_group), len(in_group)) for group, in_group in groups.items()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
