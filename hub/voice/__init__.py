"""Voice: what residents say about looks, forms, rules and services, what came of it, the plans, and the words we use."""
