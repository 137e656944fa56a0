"""What came of a run: outputs, outcomes, errors and refusals, its timeline, its stars."""
