"""Export and import of flows: our own JSON, and fal's workflow JSON in both dialects."""
