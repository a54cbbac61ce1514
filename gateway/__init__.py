"""The service: composition root, HTTP API, identity, people, policy decision, views. The only room that knows the others."""
