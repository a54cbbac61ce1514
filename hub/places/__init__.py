"""Where people live, as far as counts go by it: areas of one district, postcodes in them, and what a worker may choose.

Shared by the features that tell what happened and the one that counts it, which do not know each other.
"""
