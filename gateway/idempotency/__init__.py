"""The header Idempotency-Key: the same request sent twice is done once (draft-ietf-httpapi-idempotency-key-header).

Kept are the key's MAC, the request's MAC and the id of what was made. Never the key, never the body.
"""
