"""Search: which models a question finds, from indexes in memory."""
