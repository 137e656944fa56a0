"""The projects in which a token sees and begins something."""

from __future__ import annotations

from api.contract.operation import Call, Reply, Response, operation
from projects.models import Membership


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
