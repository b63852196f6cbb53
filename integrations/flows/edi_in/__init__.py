"""What trading partners send us, and what they say of what we sent. Shared by all EDI networks."""
