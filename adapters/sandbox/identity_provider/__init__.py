"""The sandbox's identity provider: OpenID Connect on Authlib's Flask authorization server, a process of its own.

It stands for NHS login (residents) and for the organisations' own sign-in services (practitioners, officers). Its accounts,
password and client secrets are committed and public: it listens on loopback only and knows nobody who is real.
"""
