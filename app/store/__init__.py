"""What lasts: tables, repositories and the unit of work. SQLite by default, PostgreSQL in production."""
