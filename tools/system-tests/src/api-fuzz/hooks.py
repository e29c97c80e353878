"""Hooks that keep the fuzzer from locking itself out, and that generate CSV files and ZIP archives. All other requests are unchanged."""

import io
import os
import zipfile
import zlib

import schemathesis

OWN_KEY = os.environ["PUGMARK_FUZZ_KEY_ID"]
# The largest id that the document allows: no row has it.
UNUSED_ID = 9_007_199_254_740_991


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw.get("operationId")
    # If its own key is revoked, every later response is 401. It may revoke other keys.
    if operation == "revokeKey" and str((case.path_parameters or {}).get("id")) == OWN_KEY:
        case.path_parameters["id"] = UNUSED_ID
    # Ten wrong keys block an address for ten minutes: each request names another client address, as a proxy does.
    if operation == "signIn":
        number = zlib.crc32(repr(case.body).encode("utf-8", "replace"))
        case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@schemathesis.hook
def map_body(context, body):
    """Adds a header line to every other CSV file: random text never has a valid one."""
    heads = {"importLocations": "name,latitude,longitude", "importDeployments": "name,timezone,location,latitude,longitude"}
    head = heads.get(context.operation.definition.raw.get("operationId")) if context.operation is not None else None
    if head is None or not isinstance(body, str) or body == "" or zlib.crc32(body.encode("utf-8", "replace")) % 2 == 0:
        return body
    return f"{head}\n{body}"


@schemathesis.serializer("application/zip")
def serialize_zip(ctx, value):
    """Puts every other text into a ZIP archive: random bytes never are one. Other values are sent unchanged."""
    content = value if isinstance(value, bytes) else (value if isinstance(value, str) else repr(value)).encode("utf-8", "replace")
    if not isinstance(value, str) or zlib.crc32(content) % 2 == 0:
        return content
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr(zipfile.ZipInfo(f"{value[:20].replace(chr(0), '')}.jpg"), content)
    return archive.getvalue()
