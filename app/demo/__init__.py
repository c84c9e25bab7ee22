"""Believable data for the demo school and for trials at size; nobody in it exists."""
