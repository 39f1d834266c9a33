"""Job kinds bound to PgQueuer: which handler runs what, and what happens when one fails."""
