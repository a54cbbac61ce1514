"""What the pages are handed: the ports of portal and console, over the ledger, the log and the registers."""
