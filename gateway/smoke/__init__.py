"""`make smoke`: the whole story told once, from outside, against a gateway that runs. It uses nothing but HTTP."""
