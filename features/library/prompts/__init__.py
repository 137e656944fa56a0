"""Saved prompts: their grammar, storage and use."""
