"""The frame that the portal and the console share: layout, styles, words for dates, forms, error pages."""
