"""Creates, changes, lists and ends the shares of makers."""
