"""Adapters: one contract for every source, and one module per kind of source. Knows nothing of consent or audit."""
