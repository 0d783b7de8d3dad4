"""The published definitions, computed once more and differently: in another language, from the files themselves.

Reads a JSON description from standard input, prints metrics as JSON. Needs nothing beside Python 3.
"""

import json
import math
import struct
import sys
import zlib
from array import array


def floats(path):
    values = array("f")
    with open(path, "rb") as file:
        values.frombytes(file.read())
    if sys.byteorder != "little":
        values.byteswap()
    return values


def calibration(path):
    lines = {}
    for line in open(path):
        key, _, rest = line.partition(":")
        try:
            lines[key] = [float(value) for value in rest.split()]
        except ValueError:
            pass
    return lines


def matmul(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def project(scan, calib, velo, width, height):
    """Pixel -> (camera z, lidar x) of the nearest point by each, as export_gt_depth of the published code does it."""
    p = [calib["P_rect_02"][i * 4 : i * 4 + 4] for i in range(3)]
    r = [calib["R_rect_00"][i * 3 : i * 3 + 3] + [0.0] for i in range(3)] + [[0.0, 0.0, 0.0, 1.0]]
    t = [velo["R"][i * 3 : i * 3 + 3] + [velo["T"][i]] for i in range(3)] + [[0.0, 0.0, 0.0, 1.0]]
    m = matmul(p, matmul(r, t))
    points = floats(scan)
    by_z, by_x = {}, {}
    for i in range(0, len(points), 4):
        x, y, z = points[i], points[i + 1], points[i + 2]
        if x < 0:
            continue
        w = m[2][0] * x + m[2][1] * y + m[2][2] * z + m[2][3]
        u = round((m[0][0] * x + m[0][1] * y + m[0][2] * z + m[0][3]) / w) - 1
        v = round((m[1][0] * x + m[1][1] * y + m[1][2] * z + m[1][3]) / w) - 1
        if 0 <= u < width and 0 <= v < height:
            key = (v, u)
            by_z[key] = min(by_z.get(key, math.inf), w)
            by_x[key] = min(by_x.get(key, math.inf), x)
    return by_z, by_x


CROPS = {
    "none": (0, 1, 0, 1),
    "garg": (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    "eigen": (0.3324324, 0.91351351, 0.0359477, 0.96405229),
}


def middle(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def depth_figures(truth, predicted, width, height, crop, cap, scaled):
    top, bottom, left, right = CROPS[crop]
    top, bottom = int(top * height), int(bottom * height)
    left, right = int(left * width), int(right * width)
    pairs = [
        (g, predicted[v * width + u])
        for (v, u), g in truth.items()
        if 1e-3 < g < cap and top <= v < bottom and left <= u < right
    ]
    ratio = middle([g for g, _ in pairs]) / middle([p for _, p in pairs]) if scaled else 1
    pairs = [(g, min(max(p * ratio, 1e-3), cap)) for g, p in pairs]
    n = len(pairs)
    mean = lambda f: math.fsum(f(g, p) for g, p in pairs) / n
    d = mean(lambda g, p: math.log(g) - math.log(p))
    dd = mean(lambda g, p: (math.log(g) - math.log(p)) ** 2)
    return {
        "absRel": mean(lambda g, p: abs(g - p) / g),
        "sqRel": mean(lambda g, p: (g - p) ** 2 / g),
        "rmse": math.sqrt(mean(lambda g, p: (g - p) ** 2)),
        "rmseLog": math.sqrt(dd),
        "silog": 100 * math.sqrt(dd - d * d),
        "sqErrorRel": 100 * mean(lambda g, p: (g - p) ** 2 / g**2),
        "iRmse": 1000 * math.sqrt(mean(lambda g, p: (1 / g - 1 / p) ** 2)),
        "log10": mean(lambda g, p: abs(math.log10(g) - math.log10(p))),
        "log10Rms": math.sqrt(mean(lambda g, p: (math.log10(g) - math.log10(p)) ** 2)),
        **{f"delta{k}": mean(lambda g, p: max(g / p, p / g) < 1.25**k) for k in (1, 2, 3)},
    }


def png16(path):
    data = open(path, "rb").read()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    raw = zlib.decompress(packed)
    row, above, out = 2 * width, bytearray(2 * width), []
    for y in range(height):
        kind = raw[y * (row + 1)]
        line = bytearray(raw[y * (row + 1) + 1 : (y + 1) * (row + 1)])
        for i in range(row):
            a = line[i - 2] if i >= 2 else 0
            b = above[i]
            if kind == 1:
                line[i] = (line[i] + a) & 255
            elif kind == 2:
                line[i] = (line[i] + b) & 255
            elif kind == 3:
                line[i] = (line[i] + (a + b) // 2) & 255
            elif kind == 4:
                c = above[i - 2] if i >= 2 else 0
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))
                line[i] = (line[i] + near[2]) & 255
        out.extend((line[i] * 256 + line[i + 1]) / 256 for i in range(0, row, 2))
        above = line
    return out


def pfm(path):
    data = open(path, "rb").read()
    kind, size, scale, body = data.split(b"\n", 3)
    width, height = (int(value) for value in size.split())
    values = array("f")
    values.frombytes(body)
    if (float(scale) < 0) != (sys.byteorder == "little"):
        values.byteswap()
    return [value for y in reversed(range(height)) for value in values[y * width : (y + 1) * width]]


def disparity_figures(truth, predicted, objects=None):
    errors = [(abs(d - g), g, i) for i, (g, d) in enumerate(zip(truth, predicted)) if g > 0]
    n = len(errors)
    outlier = lambda e, g: e > 3 and e / g > 0.05
    found = {
        "pixels": n,
        "epePx": math.fsum(e for e, _, _ in errors) / n,
        "d1": sum(outlier(e, g) for e, g, _ in errors) / n,
        **{f"bad{k}": sum(e > k for e, _, _ in errors) / n for k in (1, 2, 3)},
    }
    if objects is not None:
        for name, wanted in (("d1Fg", True), ("d1Bg", False)):
            part = [outlier(e, g) for e, g, i in errors if (i in objects) == wanted]
            found[name] = sum(part) / len(part)
    return found


def main():
    task = json.load(sys.stdin)
    out = {"raw": [], "stereo": [], "sceneFlow": []}
    for frame in task["raw"]:
        calib, velo = calibration(frame["camToCam"]), calibration(frame["veloToCam"])
        width, height = frame["width"], frame["height"]
        p2, p3 = calib["P_rect_02"], calib["P_rect_03"]
        fb = p2[0] * (p3[3] / -p2[0] - p2[3] / -p2[0])
        predicted = [fb / d for d in floats(frame["disparity"])]
        by_z, by_x = project(frame["scan"], calib, velo, width, height)
        out["raw"].append(
            [
                depth_figures(by_z if rule["truth"] == "lidar-z" else by_x, predicted, width, height, rule["crop"], rule["cap"], rule["scaled"])
                for rule in task["rules"]
            ]
        )
    for pair in task["stereo"]:
        objects = {i for i in range(pair["width"] * pair["height"]) if (i // 7) % 3 == 0}
        out["stereo"].append(disparity_figures(png16(pair["truth"]), floats(pair["disparity"]), objects))
    for pair in task["sceneFlow"]:
        out["sceneFlow"].append(disparity_figures(pfm(pair["truth"]), floats(pair["disparity"])))
    json.dump(out, sys.stdout)


main()
