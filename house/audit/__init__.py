"""The page of the audit log (`accounts.audit` writes it)."""
