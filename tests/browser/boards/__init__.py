"""Browser tests of boards."""
