"""Browser tests with several accounts, and of programs in the browser."""
