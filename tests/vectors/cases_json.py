"""Vectors about single documents: strict JSON, canonical JSON, keys as text."""

import base64
import json
from typing import Any

from app.core.canonical import jcs as canonical
from tests.vectors import kit as k

BACKSLASH = chr(92)


def json_strict() -> dict[str, Any]:
    """`base64`: the document; `result`: ok or error; `decimals`: are fractions taken (intake only)."""
    good = {
        "an object": '{"a":1}',
        "white space all round": ' \t\r\n{ "a" : [ 1 , 2 ] } \n',
        "a text": '"x"',
        "a number": "7",
        "literals": "[true,false,null]",
        "an empty object and array": '[{},[],""]',
        "every short escape": '"' + "".join(BACKSLASH + c for c in '"' + BACKSLASH + "/nrt") + '"',
        "a pair of surrogates as escapes": rf'"{BACKSLASH}ud83d{BACKSLASH}ude00"',
        "the same sign as UTF-8": '"😀"',
        "line and paragraph separator": '"\u2028\u2029"',
        "largest whole number": "9007199254740991",
        "smallest whole number": "-9007199254740991",
        "64 deep": "[" * 64 + "]" * 64,
        "64 deep in objects": '{"a":' * 64 + "1" + "}" * 64,
        "2000 members": json.dumps({f"m{n}": 1 for n in range(2000)}),
        "10000 items": json.dumps([1] * 10000),
        "a text of 16384 bytes": json.dumps("x" * 16384),
        "names that differ in case": '{"a":1,"A":2}',
        "names that differ in composition": '{"\u00fc":1,"u\u0308":2}',
        "the name __proto__": '{"__proto__":{"a":1}}',
        "a name that is empty": '{"":1}',
        "brackets in a text": '"' + "[{" * 100 + '"',
    }
    bad = {
        "nothing": "",
        "white space": "  ",
        "a doubled member": '{"a":1,"a":1}',
        "a doubled member behind an escape": rf'{{"a":1,"{BACKSLASH}u0061":1}}',
        "a doubled member further in": '[{"b":{"a":1,"c":2,"a":3}}]',
        "a doubled __proto__": '{"__proto__":1,"__proto__":2}',
        "NaN": "[NaN]",
        "Infinity": "[Infinity]",
        "minus Infinity": "[-Infinity]",
        "a fraction": "[1.5]",
        "a fraction of nothing": "[1.0]",
        "an exponent": "[1e2]",
        "a huge exponent": "[1e999]",
        "minus zero": "[-0]",
        "2^53": "9007199254740992",
        "-2^53": "-9007199254740992",
        "a number without end": "1" * 5000,
        "a leading zero": "[01]",
        "a plus": "[+1]",
        "a dot first": "[.5]",
        "a dot last": "[1.]",
        "hexadecimal": "[0x10]",
        "digits of another script": "[\u0661]",
        "65 deep": "[" * 65 + "]" * 65,
        "2000 deep": "[" * 2000 + "]" * 2000,
        "65 deep in objects": '{"a":' * 65 + "1" + "}" * 65,
        "2001 members": json.dumps({f"m{n}": 1 for n in range(2001)}),
        "10001 items": json.dumps([1] * 10001),
        "a text of 16385 bytes": json.dumps("x" * 16385),
        "a text of 16385 bytes in fewer characters": '"' + "ü" * 8192 + 'x"',
        "a name of 16385 bytes": json.dumps({"x" * 16385: 1}),
        "a lone high surrogate": rf'"{BACKSLASH}ud83d"',
        "a lone low surrogate": rf'"{BACKSLASH}ude00"',
        "surrogates the wrong way round": rf'"{BACKSLASH}ude00{BACKSLASH}ud83d"',
        "a lone surrogate in a name": rf'{{"{BACKSLASH}ud800":1}}',
        "a NUL as an escape": rf'"{BACKSLASH}u0000"',
        "a backspace as an escape": rf'"{BACKSLASH}b"',
        "a form feed as an escape": rf'"{BACKSLASH}f"',
        "a DEL": '"\x7f"',
        "a non-character": '"\uffff"',
        "a non-character as an escape": rf'"{BACKSLASH}ufdd0"',
        "a non-character in a higher plane": '"\U0001ffff"',
        "a raw line feed in a text": '"a\nb"',
        "a raw tab in a text": '"a\tb"',
        "a raw NUL": '"a\x00b"',
        "an unknown escape": rf'"{BACKSLASH}x41"',
        "half an escape": rf'"{BACKSLASH}u12"',
        "an escape with a sign": rf'"{BACKSLASH}u+123"',
        "a byte-order mark": "\ufeff{}",
        "two documents": "{}{}",
        "something after it": "{} x",
        "a trailing comma in an object": '{"a":1,}',
        "a trailing comma in an array": "[1,]",
        "a comma first": "[,1]",
        "no comma": "[1 2]",
        "no colon": '{"a" 1}',
        "a name without quotes": "{a:1}",
        "single quotes": "{'a':1}",
        "a comment": "/* */ {}",
        "a comment at the end": "{} // x",
        "an open object": '{"a":1',
        "an open text": '"abc',
        "a wrong bracket": "[1}",
        "True": "[True]",
        "undefined": "[undefined]",
        "a no-break space": "\u00a0{}",
        "a form feed as white space": "\x0c{}",
    }
    raw_bad = {
        "Latin-1": b'"M\xfcller"',
        "an overlong form": b'"\xc0\xaf"',
        "a surrogate in UTF-8": b'"\xed\xa0\x80"',
        "UTF-16": "{}".encode("utf-16"),
        "UTF-16 without a mark": "{}".encode("utf-16-le"),
        "beyond Unicode": b'"\xf4\x90\x80\x80"',
    }
    decimal_good = {
        "a decimal": "[94.50]",
        "a negative decimal": "[-0.5]",
        "a decimal and a whole number": '{"a":1.25,"b":3}',
    }
    decimal_bad = {
        "an exponent in decimals": "[1.5e3]",
        "a decimal without end": "[0." + "1" * 60 + "]",
        "a large whole number in decimals": "[9007199254740992]",
        "NaN in decimals": "[NaN]",
    }
    cases = [_bytes(name, text.encode(), True) for name, text in good.items()]
    cases += [_bytes(name, text.encode(), False) for name, text in bad.items()]
    cases += [_bytes(name, data, False) for name, data in raw_bad.items()]
    cases += [_bytes(name, text.encode(), True, True) for name, text in decimal_good.items()]
    cases += [_bytes(name, text.encode(), False, True) for name, text in decimal_bad.items()]
    return {"cases": cases}


def _bytes(name: str, data: bytes, ok: bool, decimals: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "base64": base64.b64encode(data).decode(),
        "decimals": decimals,
        "result": "ok" if ok else "error",
    }


def jcs() -> dict[str, Any]:
    """`text` is the document, `canonical` its RFC 8785 form; the bytes are its UTF-8."""
    texts = {
        "order of names": '{"b":1,"a":2,"B":3,"aa":4,"":5}',
        "order by UTF-16 code units": '{"\ufb33":1,"😀":2,"\u00f6":3,"\u20ac":4}',
        "nested": '{"z":{"b":[{"y":1,"x":2}],"a":null},"a":[true,false]}',
        "escapes": rf'"{BACKSLASH}u20ac$\u007e{BACKSLASH}n{BACKSLASH}t{BACKSLASH}"{BACKSLASH}{BACKSLASH}/"',
        "line separators stay": '"\u2028\u2029"',
        "white space goes": ' { "a" : [ 1 , 2 ] } ',
        "numbers": "[0,1,-1,9007199254740991,-9007199254740991]",
        "decimals as texts stay as written": '{"a":"1.50","b":"1.5"}',
        "combining marks stay": '["u\u0308","\u00fc"]',
        "empty": '[{},[],""]',
    }
    cases = [
        {"name": name, "text": text, "canonical": canonical(json.loads(text)).decode()}
        for name, text in texts.items()
    ]
    signed = k.text(k.sign(k.a_credential(), k.JCS))
    return {
        "cases": [
            *cases,
            {"name": "a credential", "text": signed, "canonical": canonical(json.loads(signed)).decode()},
        ]
    }


def multikey() -> dict[str, Any]:
    """Keys as `publicKeyMultibase` and as JSON Web Key; and texts that are no key."""
    good = [
        {
            "name": f"{key.public_key.kind} {key.key_id}",
            "kind": key.public_key.kind,
            "multikey": key.public_key.to_multikey(),
            "jwk": key.public_key.to_jwk(),
        }
        for key in (k.SEAL, k.OTHER, k.STRANGER, k.ROOT, k.SEAL_384, k.SEAL_ED)
    ]
    text = k.SEAL.public_key.to_multikey()
    from app.core.multibase import base58btc_decode, base58btc_encode

    raw = base58btc_decode(text[1:])
    no_point = next(x.to_bytes(32) for x in range(1, 100) if not _on_curve(x))
    bad = {
        "nothing": "",
        "no prefix": text[1:],
        "base64url": "u" + text[1:],
        "a sign outside base58": text[:-1] + "0",
        "one byte short": "z" + base58btc_encode(raw[:-1]),
        "one byte more": "z" + base58btc_encode(raw + b"\x00"),
        "a private key's prefix": "z" + base58btc_encode(b"\x86\x26" + raw[3:]),
        "secp256k1": "z" + base58btc_encode(b"\xe7\x01" + raw[2:]),
        "an uncompressed point": "z" + base58btc_encode(raw[:2] + b"\x04" + raw[3:] * 2),
        "a point that is not on the curve": "z" + base58btc_encode(b"\x80\x24\x02" + no_point),
        "x beyond the field": "z" + base58btc_encode(b"\x80\x24\x02" + b"\xff" * 32),
        "point at infinity": "z" + base58btc_encode(b"\x80\x24\x00"),
        "zeros before it": "z1" + text[1:],
    }
    return {"good": good, "bad": [{"name": name, "multikey": value} for name, value in bad.items()]}


def _on_curve(x: int) -> bool:
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    return pow((x**3 - 3 * x + b) % p, (p - 1) // 2, p) == 1
