"""fal beside its runs: the Platform API, storage, downloads, webhooks."""
