"""Everything about people: their accounts, and the house that invites and lets them go."""
