"""The user for whom a token acts."""

from __future__ import annotations

from api.contract.operation import Call, Reply, Response, operation
from api.representation import moments
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
    """Show whom the token acts for, what it may do, and where runs are sent."""
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
        }
    )
