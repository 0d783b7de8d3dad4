"""Takes TensorFlow's C library and the headers of its C interface out of a wheel: unpack-wheel.py WHEEL FOLDER."""

import os
import shutil
import sys
import zipfile

LIBRARIES = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
HEADER_ROOT = "tensorflow/include/"
HEADERS = ("tensorflow/c/", "tensorflow/core/platform/", "tsl/platform/", "xla/tsl/c/")


def destination(name):
    """Where a file of the wheel goes, or None if it is not needed."""
    if name in LIBRARIES:
        return os.path.join("lib", os.path.basename(name))
    header = name[len(HEADER_ROOT) :]
    if name.startswith(HEADER_ROOT) and name.endswith(".h") and header.startswith(HEADERS):
        return os.path.join("include", header)
    return None


def main(wheel_path, folder):
    with zipfile.ZipFile(wheel_path) as wheel:
        for entry in wheel.infolist():
            target = destination(entry.filename)
            if target is None:
                continue
            path = os.path.join(folder, target)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with wheel.open(entry) as source, open(path, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
    os.remove(wheel_path)


main(sys.argv[1], sys.argv[2])
