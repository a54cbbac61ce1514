"""The frame of the hub's pages: layout, styles, words for dates, forms, error pages. English only."""
