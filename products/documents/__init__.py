"""Plain data in, bytes of a document out: pure, no database, no clock, no framework."""
