"""The people of the house: their pages, roles, invitations and departure; and operations."""
