"""The run and all that happens to it: how it starts, who sends and follows it, what it costs."""
