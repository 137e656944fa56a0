"""The people of the house: roles, invitations, leaving, and their pages."""
