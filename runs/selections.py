"""A selection of results or runs, as pages post it."""

from __future__ import annotations

import uuid

from django.http import QueryDict

from core.http.parameters import parse_uuid

RUN, ARTIFACT = "run", "artifact"  # <uuid>; <run uuid>/<position>


def run_keys(query: QueryDict) -> list[uuid.UUID]:
    """Return the runs of a posted selection, once each, in its order.

    They are named by `run=<uuid>`, or by one of their results, `artifact=<run uuid>/<position>`.
    What is malformed is left out.
    """
    of_results = (key.partition("/")[0] for key in query.getlist(ARTIFACT))
    named = (*query.getlist(RUN), *of_results)
    return list(dict.fromkeys(key for text in named if (key := parse_uuid(text))))
