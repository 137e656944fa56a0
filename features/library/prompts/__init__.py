"""Saved prompts: their grammar, storage, exchange and use."""
