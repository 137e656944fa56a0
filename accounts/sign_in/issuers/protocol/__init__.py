"""Requests to issuers, and the reading of their answers; knows no Django request and no row."""
