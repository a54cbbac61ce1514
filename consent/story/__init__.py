"""My story: what a person wants nobody to have to ask again, in their own words, sealed under their own key."""
