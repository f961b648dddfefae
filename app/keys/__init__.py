"""Private keys, behind the `Signer` seam of app/core/proof.py. Nothing else touches them (T6)."""
