"""One request for a view of one person, in eight steps. Read `pipeline.py` from top to bottom."""
