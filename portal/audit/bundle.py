"""Signed bundles: a ZIP of files, their SHA-256 sums, and a signature over the sums.

Made so that `sha256sum` and `openssl` verify it, on a machine that knows nothing of us.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping

from portal.audit import signing

SUMS, SIGNATURE, KEY = "SHA256SUMS", "SHA256SUMS.sig", "key.pem"
OWN = frozenset({SUMS, SIGNATURE, KEY})
"""What the signature itself consists of; everything else of a bundle has a sum."""
LARGEST = 500_000_000
"""Bytes that a bundle may unpack to before we refuse to look into it."""

HOW_TO_VERIFY = f"""\
To verify it, unpack it into an empty folder, and there:

    sha256sum --check --strict {SUMS}
    openssl pkeyutl -verify -pubin -inkey {KEY} -rawin -in {SUMS} -sigfile {SIGNATURE}

The first says OK for every file, the second "Signature Verified Successfully" (OpenSSL 3). Nothing else may stand in
the folder. {KEY} in this bundle says nothing by itself: compare it with the key that you were given on another way
(`manage.py evidence key`), or use that one.
"""


def pack(files: Mapping[str, bytes]) -> bytes:
    """A bundle of the files, signed now. Raises ValueError for a name that belongs to the signature."""
    if taken := OWN.intersection(files):
        raise ValueError(f"These names belong to the signature: {', '.join(sorted(taken))}.")
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    own = {SUMS: sums.encode(), SIGNATURE: signing.sign(sums.encode()), KEY: signing.public_key().encode()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (*sorted(files.items()), *own.items()):
            archive.writestr(name, content)
    return packed.getvalue()


def faults(packed: bytes, *, key: str = "") -> list[str]:
    """What is wrong with a bundle, a sentence each; [] when it is as it was signed. `key`: the public key that it must
    be signed with; the bundle's own unless stated."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            names = archive.namelist()
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                return ["It unpacks to more than we look into."]
            files = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        return [f"It is no ZIP file that can be read: {error}."]
    if missing := OWN.difference(files):
        return [f"{', '.join(sorted(missing))} is missing."]
    found = [f"{name} stands in it twice." for name in sorted({n for n in names if names.count(n) > 1})]
    try:
        if not signing.is_signed(files[SUMS], files[SIGNATURE], key or files[KEY].decode()):
            found.append(f"The signature does not fit {SUMS} and this key.")
    except ValueError as error:
        found.append(f"The key cannot be used: {error}")
    known: dict[str, str] = {}
    for line in files[SUMS].decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        known[name] = digest
    for name, digest in known.items():
        if name not in files:
            found.append(f"{name} is missing.")
        elif hashlib.sha256(files[name]).hexdigest() != digest:
            found.append(f"{name} was changed.")
    found += [f"{name} is not among the sums." for name in files if name not in known and name not in OWN]
    return found
