"""What comes in from Airbase, by topic. The flows themselves stand in `visma_airbase_in`."""
