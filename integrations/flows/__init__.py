"""What integrations do: one module a pair says which documents go which way, and what is particular to the pair."""
