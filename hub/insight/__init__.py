"""Area insight for the health and wellbeing partnership: what people need, where, and what came of it, as counts.

Read in this order: events (what is counted), counting (the fixed family of tables), protecting (why no table tells about
one person), areas and deprivation (geography and its vintages), coverage (when figures are too thin to lean on), then
pictures and downloads. docs/insight.md says it in plain words, with what an attacker learns.
"""
