"""JSON that can be read in one way only: read by a fast parser, with no further look at each value.

Most machines write such texts. `plain` says None about any other, whether it is wrong or merely unusual: then
`json_strict` reads it, which decides and says why (threat T25).
"""

import unicodedata
from typing import Any, Final

import orjson

MAX_BYTES: Final = 16_384
"""No text in so short a document is longer than a text may be."""

_BLANKS: Final = b" \t\r\n"


def plain(data: bytes) -> Any | None:
    """The value of a document in which `json_strict.loads` finds the same; None where it may not.

    All texts are printable and in Unicode normalization form C. A number with a fraction is a float, and its
    text in the document is its `repr`; one with an exponent there is refused. How deep lists and objects
    nest and how many members they have is for the caller to see, who knows their shape.

    (1) Short, without escapes. (2) What is read and written again is the same but for blanks: so no member is
    doubled, and each number has the text that was sent. (3) Every character is printable.
    """
    if len(data) > MAX_BYTES or b"\\" in data or b"\x7f" in data:  # (1)
        return None
    try:
        value = orjson.loads(data)
        written = orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None
    if data != written and data.translate(None, _BLANKS) != written.translate(None, _BLANKS):  # (2)
        return None
    if not written.isascii():  # (3) in ASCII nothing is left: the parser refuses control characters
        text = written.decode()
        if not text.isprintable() or not unicodedata.is_normalized("NFC", text):
            return None
    return value
