"""What every request and answer passes at the web's edge: bounds, safe headers, JSON with one meaning."""
