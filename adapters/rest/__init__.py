"""REST with JSON: systems that answer one question about one person, mapped by a document (mappings/*.json)."""

from adapters.rest.source import RestMapping, RestSource, load_rest_mapping

__all__ = ["RestMapping", "RestSource", "load_rest_mapping"]
