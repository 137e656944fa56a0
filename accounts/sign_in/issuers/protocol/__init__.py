"""What is asked of an issuer and read from its answers; no request of ours, no row."""
