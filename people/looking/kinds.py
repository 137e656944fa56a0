"""The notification that an admin has looked at something private."""

from notifications.kinds import Kind, register

LOOKED_AT = "looked_at"


def connect() -> None:
    """Offer the kind in everybody's settings."""
    register(Kind(LOOKED_AT, "Looks", "an admin has looked at something private of yours, and why"))
