"""Rules for models, of a project and of the house: decisions, locks, and how rules change."""
