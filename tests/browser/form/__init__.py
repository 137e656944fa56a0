"""Browser tests of a model's form."""
