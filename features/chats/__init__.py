"""Conversations with language models: each turn is an ordinary run."""
