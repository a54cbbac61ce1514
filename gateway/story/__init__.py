"""A resident's own words as a source like any other: kept with their log entry and pointer, served under the same rules."""
