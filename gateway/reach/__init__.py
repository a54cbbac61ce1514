"""How residents can be reached, and whether: their own settings, sealed under their key; nobody is until they chose."""
