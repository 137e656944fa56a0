"""The execution of requests: the queue, the context of a model's code, webhooks."""
