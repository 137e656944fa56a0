"""Sessions: how they are stored and cached, where each was last used, and how to end them."""
