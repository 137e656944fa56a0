"""The pages of series, and what is done with them."""
