"""Battery passports: from factory records to signed credentials that a phone verifies."""
