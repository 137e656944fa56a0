"""A model's form: rendered from its schema, drafted, filled, saved, shared and migrated."""
