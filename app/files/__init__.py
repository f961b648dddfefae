"""The face of watched folders: files in, results beside them."""
