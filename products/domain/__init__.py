"""Pure rules: no database, no clock, no settings, no framework."""
