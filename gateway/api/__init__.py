"""The HTTP API, version 1: thin endpoints that read a request, call one thing, and write its answer."""
