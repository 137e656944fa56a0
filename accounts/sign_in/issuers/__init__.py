"""Sign-in by issuers that the settings name: OpenID Connect, such as Google, and GitHub.

An issuer's address and subject identify a person, never a name or an e-mail address. allauth keeps
the state of a login, PKCE and the tables. Our code reads the issuer's answers, because allauth does
not check the signature of an ID token from the token endpoint, trusts the userinfo endpoint more
than the token, and has no nonce.
"""
