"""Documents that others wrote, read as records: where each value goes, and what becomes of the rest."""
