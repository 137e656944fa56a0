"""Browser tests of living with results: the wall."""
