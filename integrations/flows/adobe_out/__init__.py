"""What is told to a shop of documents of the books."""
