"""Sign-in with other issuers, which listen on a real socket."""
