"""The values: frozen, checked at birth, passed from room to room."""
