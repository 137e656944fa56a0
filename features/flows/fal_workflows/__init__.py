"""The workflows of the fal account: the worker reads them; they are shown and run like models."""
