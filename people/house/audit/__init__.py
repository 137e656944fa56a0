"""The page of the audit log (`people.accounts.audit` writes it)."""
