"""Starts a run of a workflow: an ordinary run over the stream, which reports each step."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from features.flows.fal_workflows import definitions
from features.flows.fal_workflows.page import Contents
from features.flows.graph import reading
from features.flows.models import AccountWorkflow
from playground.form import form_state
from projects.models import Project
from runs.models import Run, Transport
from runs.start import refused_starts, starting, transport_choices
from runs.start.refused_starts import Forbidden
from runs.start.starting import Source, StartRequest
from schemas import Problem

Post = dict[str, list[str]]


class Refused(ValueError):
    """Nothing was sent; `filled` is the form with problems, `forbidden` a refusal by rights."""

    def __init__(self, filled: Contents, *, forbidden: Forbidden | None = None) -> None:
        super().__init__(filled.trouble or filled.problems[0].message)
        self.filled, self.forbidden = filled, forbidden


def send(
    workflow: AccountWorkflow,
    user: User,
    project: Project,
    post: Post,
    token: str,
    file_problems: list[Problem],
) -> Run:
    """Create the run for a post in a project; a repeated post returns the same run.

    Raises Refused. `file_problems` are the problems with posted files.
    """
    try:
        graph = definitions.graph_of(workflow)
    except reading.Unreadable:
        graph = None  # upstream may be able to run it nevertheless; the form is a field for JSON
    if trouble := definitions.refusal(workflow, graph):
        raise Refused(Contents(post, trouble=trouble))
    endpoint = workflow.endpoint
    arguments, problems = form_state.parse_form(endpoint, post)
    if problems := [*file_problems, *problems]:
        raise Refused(Contents(post, problems))
    try:
        request = StartRequest(
            user=user,
            endpoint=endpoint,
            arguments=arguments,
            source=Source.WORKFLOW,
            key=starting.form_token(token, {"workflow": workflow.pk, **arguments}),
            transport=_transport(workflow),
            title=title_of(arguments) or workflow.title[:200],
            project=project,
        )
        return starting.start(request).run
    except refused_starts.Refused as error:
        forbidden = error if isinstance(error, Forbidden) else None
        raise Refused(Contents(post, trouble=str(error)), forbidden=forbidden) from error


def title_of(arguments: dict[str, Any]) -> str:
    """Return a run's title: its prompt, or its first text of several words, under any name."""
    texts = [text for text in arguments.values() if isinstance(text, str) and len(text.split()) > 1]
    return starting.title(arguments) or starting.title({"prompt": next(iter(texts), "")})


def _transport(workflow: AccountWorkflow) -> str:
    """Return the stream, or the queue if upstream says that the workflow has no stream."""
    offered = {choice.value for choice in transport_choices.offered(workflow.endpoint)}
    return Transport.STREAM if Transport.STREAM in offered else Transport.QUEUE
