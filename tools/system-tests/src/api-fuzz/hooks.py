"""What keeps the fuzzer from locking itself out, and what it would not think of. All else is sent as Schemathesis makes it."""

import io
import os
import zipfile
import zlib

import schemathesis

OWN_KEY = os.environ["PUGMARK_FUZZ_KEY_ID"]
# The largest id that the document allows: there is none of it.
NOBODY = 9_007_199_254_740_991


@schemathesis.hook
def before_call(context, case, kwargs):
    operation = case.operation.definition.raw.get("operationId")
    # With its own key revoked, it would only ever be told 401. Other keys it may revoke.
    if operation == "revokeKey" and str((case.path_parameters or {}).get("id")) == OWN_KEY:
        case.path_parameters["id"] = NOBODY
    # Ten wrong keys from one address, and it waits ten minutes: each comes from another one, as a proxy before the gateway would say.
    if operation == "signIn":
        number = zlib.crc32(repr(case.body).encode("utf-8", "replace"))
        case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@schemathesis.hook
def map_body(context, body):
    """Every other text that is to be a CSV file gets a first line that names columns: by chance none ever would."""
    heads = {"importLocations": "name,latitude,longitude", "importDeployments": "name,timezone,location,latitude,longitude"}
    head = heads.get(context.operation.definition.raw.get("operationId")) if context.operation is not None else None
    if head is None or not isinstance(body, str) or body == "" or zlib.crc32(body.encode("utf-8", "replace")) % 2 == 0:
        return body
    return f"{head}\n{body}"


@schemathesis.serializer("application/zip")
def serialize_zip(ctx, value):
    """A text as it is, or, every other one, in an archive: by chance none ever would be one. What is no text is JSON, and no archive."""
    content = value if isinstance(value, bytes) else (value if isinstance(value, str) else repr(value)).encode("utf-8", "replace")
    if not isinstance(value, str) or zlib.crc32(content) % 2 == 0:
        return content
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as entries:
        entries.writestr(zipfile.ZipInfo(f"{value[:20].replace(chr(0), '')}.jpg"), content)
    return archive.getvalue()
