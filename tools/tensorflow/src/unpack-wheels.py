"""Unpacks wheels side by side, as pip would lay them: what a program links against and what it is compiled with, not the Python.

    python3 unpack-wheels.py TARGET PREFIX[,PREFIX…] WHEEL…
"""
import os
import shutil
import stat
import sys
import zipfile

target, prefixes, wheels = sys.argv[1], tuple(sys.argv[2].split(",")), sys.argv[3:]
root = os.path.realpath(target)
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            licence = ".dist-info/" in member.filename and "licen" in member.filename.lower()
            if member.is_dir() or not (licence or member.filename.startswith(prefixes)):
                continue
            path = os.path.realpath(os.path.join(root, member.filename))
            if not path.startswith(root + os.sep):
                sys.exit(f"{wheel}: {member.filename} lies outside")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            # Programs that CUDA starts (ptxas) must stay programs.
            os.chmod(path, 0o755 if member.external_attr >> 16 & stat.S_IXUSR else 0o644)
