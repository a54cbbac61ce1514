"""Looks that somebody has to look at: reviews of break-glass, entries held back from the person, and their clocks."""
