"""Issues: the three-step method, and what their numbers tell."""
