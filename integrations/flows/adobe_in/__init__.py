"""What comes in from Adobe Commerce, by topic. The flows themselves stand in `visma_adobe_in`."""
