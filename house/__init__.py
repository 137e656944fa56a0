"""The people of the house: their pages, roles, invitations, and how somebody leaves."""
