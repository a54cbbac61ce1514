"""Floating support and hospital link workers: support with an end, handed on with the person's yes."""
