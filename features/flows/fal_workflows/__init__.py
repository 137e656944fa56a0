"""The workflows of the fal account: read by the worker, shown and run like any model."""
