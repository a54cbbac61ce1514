"""Signing in with a browser: residents into the portal, officers into the console.

OpenID Connect (code flow, PKCE, state, nonce) at the installation's identity providers, and a session of our own
afterwards: no token of the provider is kept. One request's way through the parts:

    /signin/portal      routes -> service.start  -> attempts (one use, bound to the browser) -> oidc.authorization_url
    /signin/callback    routes -> service.finish -> attempts -> oidc.sign_in (id_token, claims) -> admission
                                                 -> on_signed_in (the gateway's hook) -> sessions.open
    any page            service.current -> cookies -> sessions.find
    a posted form       service.csrf_ok -> csrf
    /signin/out         routes -> service.sign_out -> sessions.end -> the provider's end_session
"""
