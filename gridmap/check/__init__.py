"""A plan is judged, independently of how it was made."""
