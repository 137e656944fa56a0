"""What a conversation is to a model: its fields, its arguments, the answer in its output."""
