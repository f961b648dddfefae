"""Writes what the documents of `tests/vectors/imports` become. Read it then, line by line.

Run by `python -m tests.core.imports.make`.
"""

import json

from tests.core.imports.test_documents import DOCUMENTS, imported, told

for path in DOCUMENTS:
    path.with_suffix(".expected.json").write_text(
        json.dumps(told(imported(path)), indent=1, ensure_ascii=False) + "\n"
    )
