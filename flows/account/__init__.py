"""The workflows of fal's account: read by the worker, shown and run like any model."""
