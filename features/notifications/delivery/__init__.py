"""Sends deliveries: composes, signs, vets addresses, sends, and retries."""
