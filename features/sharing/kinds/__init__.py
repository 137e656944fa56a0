"""What can be shared, a module for each kind, and the table of all."""
