"""The user for whom a token acts, and their projects."""

from __future__ import annotations

from api.contract.operation import Call, Reply, Response, operation
from api.representation import moments
from core.version import version
from projects.models import Membership
from runs.progress import current_upstream
from runs.progress.worker_status import readiness


@operation(
    "GET",
    "/me",
    scope="read",
    tag="account",
    responses=[Response(200, "The person and the token.", "Me")],
)
def get_me(call: Call) -> Reply:
    """Show the person that the token acts for, what it may do, and where runs are sent."""
    upstream = current_upstream.get()
    return Reply(
        {
            "user": call.user.get_username(),
            "is_staff": call.user.is_staff,
            "token": {
                "name": call.token.name,
                "scopes": call.token.scope_list,
                "expires_at": moments.as_text(call.token.expires_at),
                "project": call.token.project and call.token.project.key,
            },
            "upstream": upstream.name if upstream else "unknown",
            "waiting_because": readiness(),
            "version": version(),
        }
    )


@operation(
    "GET",
    "/projects",
    scope="read",
    tag="account",
    responses=[Response(200, "All projects, on one page; the private one first.", "ProjectPage")],
)
def list_projects(call: Call) -> Reply:
    """List your projects, or the one that the token is for."""
    roles = dict(Membership.objects.filter(user=call.user).values_list("project", "role"))
    items = [
        {
            "slug": project.key,
            "name": project.name,
            "role": roles[project.pk],
            "is_archived": project.archived_at is not None,
        }
        for project in call.reach.projects
    ]
    return Reply({"items": items, "next_cursor": None})
