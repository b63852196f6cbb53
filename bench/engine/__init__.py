"""What the engine does with documents: calls, pace, memory, silence. On the PostgreSQL that DATABASE_URL names, else on
SQLite, which the figures then say."""
