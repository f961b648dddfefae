"""One module per verb. Services know core, store and keys behind their seams; no web framework."""
