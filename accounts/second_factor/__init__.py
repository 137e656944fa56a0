"""The second factor: authenticator app, passkeys, recovery codes, and who must have one."""
