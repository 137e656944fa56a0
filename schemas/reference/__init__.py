"""An endpoint's reference: its schema as table rows, and code that calls it."""
