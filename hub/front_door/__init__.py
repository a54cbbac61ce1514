"""The help hub's front door: anybody's concern, one list for several bodies, and the way to the help that fits."""
