"""The kinds of notifications of looks at private work and of invitations."""

from accounts.permissions import ADD_USER
from features.notifications.kinds import Kind, register

LOOKED_AT = "looked_at"
TAKEN = "invitation_taken"
INVITED = "invited"


def connect() -> None:
    """Register the kinds, so that everybody's settings offer them."""
    register(Kind(LOOKED_AT, "Looks", "an admin has looked at something private of yours, and why"))
    register(Kind(TAKEN, "Invitations", "somebody has joined by your invitation", ADD_USER))
    register(Kind(INVITED, "Invited", "somebody has invited you to a project", asks=True))
