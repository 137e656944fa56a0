"""Search over the catalogue, from indexes in memory."""
