"""Sign-in by other issuers: OpenID Connect, Google among it, and GitHub, set by settings alone.

Who somebody is, is the issuer's address and its subject, never a name or an e-mail address.
allauth keeps the state of a login, PKCE and the tables; reading what an issuer says is ours,
because allauth takes an ID token from the token endpoint without looking at its signature, believes
the userinfo endpoint before it, and has no nonce.
"""
