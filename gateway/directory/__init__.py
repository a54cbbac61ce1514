"""Where help is to be had: the service directory as partners search it. The reference page is docs/directory.md."""
