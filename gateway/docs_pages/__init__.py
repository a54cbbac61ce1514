"""/docs: the API explained to whoever builds a partner application. Plain pages, rendered here, without scripts."""
