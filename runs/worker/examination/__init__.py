"""Jobs that examine stored files in the background: how long they last, where they are from."""
