"""The policy as data and Rego; no code. Found by its package name, imported by nobody."""
