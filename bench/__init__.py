"""`make bench`: the whole way of a request measured against a bare fan-out to the same sources (docs/performance.md)."""
