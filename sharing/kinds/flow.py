"""A share of a flow: its steps as a list, with the results of its newest run."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.formatting import category_name
from flows.compose.definition import Definition, Invalid, parse_definition
from flows.compose.models import endpoints_of
from flows.display.flow_page import summaries
from flows.display.rights import withheld
from flows.execution import steps
from flows.models import Flow as Row
from flows.models import FlowRun
from library.selection import ResultKey
from runs.models import Artifact, Run
from sharing.kinds.content import Curtain, Outcome, Outcomes, Setting
from sharing.kinds.documents import Document, DocumentKind
from sharing.kinds.kind import KeptKind
from sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from sharing.access import Visit


@dataclass(frozen=True)
class ShownStep:
    """A step: what it does, where its inputs come from, and what came of it."""

    number: int
    name: str
    endpoint_id: str
    category: str
    links: list[str]
    settings: list[Setting]
    outcome: Outcome | None

    @property
    def alt(self) -> str:
        """Return what its result is called for those who do not see it."""
        return f"Result of step {self.number}"


class Flow(KeptKind[Row], DocumentKind[Row]):
    """The steps in their order; visitors cannot run them."""

    name, model = Share.Kind.FLOW, Row
    template = "sharing/kinds/_flow.html"
    styles = ("css/lazy/share-kinds.css",)

    def rows(self, user: User) -> Any:
        """Return the flows that the user may run."""
        return Row.objects.visible_to(user)

    def document(self, row: Row, user: User) -> Document:
        """Return the steps, each with its run's files if the flow was run as it is now."""
        try:
            definition = parse_definition(row.definition)
        except Invalid:
            return {"steps": []}
        flow_run, definition = _newest_run(row, user, definition)
        runs = _runs(flow_run) if flow_run else {}
        return {
            "steps": [
                {
                    "model": [
                        summary.step.endpoint,
                        summary.endpoint.name if summary.endpoint else summary.step.endpoint,
                    ],
                    "category": summary.endpoint.category if summary.endpoint else "",
                    "arguments": summary.step.arguments,
                    "links": [[link.to, link.number] for link in summary.links],
                    **runs.get(summary.step.id, {"run": ""}),
                }
                for summary in summaries(definition, endpoints_of([definition]))
            ]
        }

    def result_keys(self, document: Document) -> Sequence[ResultKey]:
        """Return the files of all steps, in the order of the steps."""
        return [
            ResultKey(uuid.UUID(step["run"]), position)
            for step in document["steps"]
            if step["run"]
            for position in step["files"]
        ]

    def input_values(self, document: Document) -> Iterable[Any]:
        """Return the arguments of the steps."""
        return [step["arguments"] for step in document["steps"]]

    def shown(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the steps as the share shows them."""
        listed = document["steps"]
        curtain = Curtain(visit.share, [(*step["model"],) for step in listed])
        outcomes = Outcomes(visit.share)
        return {
            "steps": [
                _step(visit.share, number, step, curtain, outcomes)
                for number, step in enumerate(listed, start=1)
            ],
            "use": self._use(visit),
        }

    def _use(self, visit: Visit) -> str:
        """Return the flow's page for who may run it in the house."""
        if not visit.user.is_authenticated:
            return ""
        flow = self.seen(visit.user, visit.share.source)
        return flow.get_absolute_url() if flow else ""


def _newest_run(flow: Row, user: User, definition: Definition) -> tuple[FlowRun | None, Definition]:
    """Return the newest run of these very steps that the user sees, and what it was run with."""
    runs = FlowRun.objects.shown_to(user).filter(flow=flow).select_related("project")
    for flow_run in runs.order_by("-created_at")[:5]:
        try:
            run_with = parse_definition(flow_run.definition)
        except Invalid:
            continue
        if _models(run_with) == _models(definition):
            return flow_run, run_with
    return None, definition


def _models(definition: Definition) -> list[tuple[str, str]]:
    return [(step.id, step.endpoint) for step in definition.steps]


def _runs(flow_run: FlowRun) -> dict[str, dict[str, Any]]:
    """Return run, state and files of each step that has begun, by the step's id."""
    begun = steps.current(flow_run)
    hidden = withheld(flow_run, begun.values())
    runs = {
        step: step_run.run
        for step, step_run in begun.items()
        if step_run.run and step not in hidden and not step_run.run.deleted_at
    }
    positions: dict[uuid.UUID, list[int]] = {}
    artifacts = Artifact.objects.filter(run__in=[run.pk for run in runs.values()])
    for run, position in artifacts.order_by("position").values_list("run_id", "position"):
        positions.setdefault(run, []).append(position)
    return {
        step: {
            "run": str(run.pk),
            "state": run.state,
            "is_over": run.is_final,
            "files": positions.get(run.pk, [0]) if run.state == Run.State.SUCCEEDED else [],
        }
        for step, run in runs.items()
    }


def _step(
    share: Share, number: int, step: Mapping[str, Any], curtain: Curtain, outcomes: Outcomes
) -> ShownStep:
    endpoint_id, name = step["model"]
    outcome = None
    if step["run"] and step["files"]:
        outcome = outcomes.of(step["run"], step["files"])
    elif step["run"]:
        outcome = outcomes.without_files(is_over=step["is_over"], state=step["state"])
    return ShownStep(
        number=number,
        name=name if share.shows_models else f"Step {number}",
        endpoint_id=endpoint_id if share.shows_models else "",
        category=category_name(step["category"]) if step["category"] else "",
        links=[f"{to} from step {source}" for to, source in step["links"]],
        settings=curtain.settings(step["arguments"]),
        outcome=outcome,
    )
