"""Writing to Visma.net ERP: read with version, compare, write on that version, read back."""
