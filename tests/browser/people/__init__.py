"""Browser tests of accounts, whole journeys, and programs in the browser."""
