"""What is said of a result: its caption, its settings, and what it is made from."""
