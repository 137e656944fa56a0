"""On the PYTHONPATH of started processes (`tests.processes.environment`)."""
