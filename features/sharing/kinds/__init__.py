"""The kinds of shares, and the table of all kinds."""
