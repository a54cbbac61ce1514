"""Consent receipts: what a person decided, in the fields of ISO/IEC TS 27560 and the terms of W3C's Data Privacy Vocabulary,
signed as a JWS (RFC 7515, EdDSA of RFC 8037). Pure: whoever has the facts, the keys and the text passes them in.

`building` makes the content, `jws` signs and takes apart, `keys` publishes and reads keys, `verifying` checks.
"""
