"""Who is asking: from the Authorization header of a request to a `Caller`. Step 1 of a view.

`verifier.TokenVerifier` tells the story; `issuers` says whom we trust, `jwks` keeps their keys, `compact`, `keys` and
`claims` are the pure checks. Only RFC 9068 access tokens, only as Bearer, only ES256 and, per issuer, RS256: tokens bound
to a key (DPoP, mTLS) are refused until their proof can be checked too.
"""
