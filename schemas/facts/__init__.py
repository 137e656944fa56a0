"""Search facts about a model, derived from its document."""
