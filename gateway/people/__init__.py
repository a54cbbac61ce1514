"""Whom a handle means, and which sources hold something about them. Fed by the sources, asked only when a view is."""
