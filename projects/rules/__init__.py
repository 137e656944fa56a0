"""Rules for models, of a project and of the house: what they decide, where, and how they change."""
