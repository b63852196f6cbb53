"""A whole day of a web shop at its real size."""
