"""Ground floor: pure functions and frozen values. Knows no framework, database, clock or socket."""
