"""The mission's journeys, each as one readable test over HTTP and in Chromium, which writes its own page of docs."""
