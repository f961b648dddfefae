"""The command line: each verb parses its words, calls one service, prints what came back."""
