"""Returns the current definition of a workflow, or the one that a past run used."""

from __future__ import annotations

import json
from collections.abc import Collection
from contextlib import suppress

from core.byte_cache import byte_cached
from features.flows.graph import checks, reading
from features.flows.graph.graph import Graph
from features.flows.graph.openapi import DEFINITION
from features.flows.models import AccountWorkflow
from runs.models import Run


def graph_of(workflow: AccountWorkflow, run: Run | None = None) -> Graph:
    """Return the graph of a workflow, or of one of its runs; raises reading.Unreadable.

    A run refers to its schema version, which for a workflow of the account contains the definition.
    """
    if run is not None and run.schema_id and run.schema_id != workflow.endpoint.schema_id:
        document = json.loads(run.schema.document) if run.schema else {}
        if isinstance(document, dict) and document.get(DEFINITION):
            return reading.parse_graph(document[DEFINITION])
    if not workflow.definition:
        raise reading.Unreadable(workflow.trouble or "Upstream has not sent its definition yet.")
    return _load(workflow.definition)


@byte_cached(1 << 20, weigh=lambda graph: 4 * len(json.dumps(dict(graph.raw))))
def _load(text: str) -> Graph:
    return reading.load(text)


def models_within(keys: Collection[int]) -> dict[int, list[str]]:
    """Return the ids of the models that workflows run, by the workflows' keys; one query.

    A workflow whose definition cannot be read is left out.
    """
    rows = AccountWorkflow.objects.filter(pk__in=keys).exclude(definition="")
    models_by_key = {}
    for key, definition in rows.values_list("pk", "definition"):
        with suppress(reading.Unreadable):
            models_by_key[key] = sorted(_load(definition).endpoint_ids)
    return models_by_key


def refusal(workflow: AccountWorkflow, graph: Graph | None) -> str:
    """Return why the workflow cannot be run, in a sentence; empty if it can."""
    if workflow.endpoint.refusal:
        return workflow.endpoint.refusal
    wrong = checks.errors(graph) if graph else []
    if not wrong:
        return ""
    node_phrase = f"node “{wrong[0].node}”: " if wrong[0].node else ""
    return f"Its definition is wrong, so upstream would refuse it. {node_phrase}{wrong[0].message}"
