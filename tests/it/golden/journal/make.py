#!/usr/bin/env python3
"""Makes the golden files of one journal entry, independently of the program: python3 make.py

Canonical JSON by Python's own json module: members sorted, no white space, no escapes beyond those JSON demands. For
documents without floats, with ASCII member names and integers below 2^53 that is RFC 8785 to the byte: sorting by code
point equals sorting by UTF-16 unit there, and Python escapes control characters as \\b \\f \\n \\r \\t and \\u00xx in
lower case, leaving DEL and everything beyond ASCII as it is. Text is composed (NFC), as it is after the API's edge.

Digests: SHA-256 over domain tag, salt and canonical body; the entry's hash over its own tag and the header.
"""

import hashlib
import json
import pathlib
import unicodedata

HERE = pathlib.Path(__file__).parent


def canonical(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    assert unicodedata.is_normalized("NFC", text)
    return text.encode()


def digest(tag, *parts):
    return hashlib.sha256(b"minhchung/" + tag + b"/1\0" + b"".join(parts)).hexdigest()


def salt(first):
    return bytes(range(first, first + 16))


transport = canonical(
    {
        "v": 1,
        "code": "SGTVT",
        "name": {"vi": "Sở Giao thông vận tải", "en": 'Department of "Transport" \\ 𝄞\u2028\u007f\t\u001f'},
        "type": "SO",
        "group": "SO",
        "parent": "UBND-QNM",
        "validFrom": "2018-01-01",
        "agencyCode": "H47.12",
    }
)
former = canonical(
    {
        "v": 1,
        "code": "CŨ",
        "name": {"vi": "Đơn vị cũ", "en": "Former unit"},
        "type": "OTHER",
        "validFrom": "1997-01-01",
        "validTo": "2019-12-31",
    }
)
outcome = canonical(
    {
        "v": 1,
        "id": "0123456789abcdef0123456789",
        "command": "PutUnits",
        "input": hashlib.sha256(b"input").hexdigest(),
        "output": '["CŨ","SGTVT"]',
    }
)
private = canonical(
    {
        "reason": "Sáp nhập theo Nghị quyết 653\nhiệu lực từ 2020",
        "key": "khóa-1",
        "names": {"qtht": "Nguyễn Thị Ánh", "0": "Trần Văn Ơn"},
    }
)
# Sorted by collection and id; ids by their UTF-8 bytes.
documents = [
    {"collection": "outcome", "id": "0123456789abcdef0123456789", "digest": digest(b"document", salt(48), outcome)},
    {"collection": "unit", "id": "CŨ", "digest": digest(b"document", salt(32), former)},
    {"collection": "unit", "id": "SGTVT", "digest": digest(b"document", salt(16), transport)},
]
header = canonical(
    {
        "v": 1,
        "stream": "register:units",
        "number": "9007199254740993",
        "previous": hashlib.sha256(b"previous").hexdigest(),
        "at": "2020-03-01T02:00:00.007Z",
        "actor": "qtht",
        "role": "ADMIN",
        "command": "PutUnits",
        "basis": [{"stream": "user:qtht", "number": "2", "hash": hashlib.sha256(b"grant").hexdigest()}],
        "attempt": salt(0).hex(),
        "private": digest(b"private", salt(64), private),
        "documents": documents,
    }
)
files = {
    "header.json": header,
    "private.json": private,
    "unit-SGTVT.json": transport,
    "unit-former.json": former,
    "outcome.json": outcome,
    "hash.txt": (digest(b"entry", header) + "\n").encode(),
}
for name, content in files.items():
    (HERE / name).write_bytes(content)
