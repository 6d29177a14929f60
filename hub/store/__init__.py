"""PostgreSQL: tables, queries by subject, migrations."""
