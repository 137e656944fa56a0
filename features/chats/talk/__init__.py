"""Maps conversations to models: their fields, their arguments, the answer in their output."""
