"""Disparity of OpenCV's StereoSGBM for stereo pairs, as 16-bit PNG (value / 256 px, 0 = none).

Reads JSON from standard input: {"colour": true, "settings": {...}, "pairs": [{"left", "right", "output"}, ...]}.
Prints JSON: OpenCV's version and the CPU time of matching, seconds a pair.
"""

import json
import sys
import time

import cv2
import numpy as np


def main():
    task = json.load(sys.stdin)
    cv2.setNumThreads(1)
    settings = task["settings"]
    mode = cv2.IMREAD_COLOR if task["colour"] else cv2.IMREAD_GRAYSCALE
    matcher = cv2.StereoSGBM_create(mode=cv2.STEREO_SGBM_MODE_SGBM_3WAY, **settings)
    seconds = 0.0
    for pair in task["pairs"]:
        left = cv2.imread(pair["left"], mode)
        right = cv2.imread(pair["right"], mode)
        start = time.process_time()
        raw = matcher.compute(left, right).astype(np.int32)
        seconds += time.process_time() - start
        # Sixteenths of a pixel; what has no match is below the smallest disparity. A match at 0 px stays known.
        known = raw >= settings["minDisparity"] * 16
        stored = np.where(known, np.clip(raw * 16, 1, 65535), 0).astype(np.uint16)
        if not cv2.imwrite(pair["output"], stored):
            raise OSError(pair["output"])
    json.dump({"opencv": cv2.__version__, "secondsPerPair": seconds / max(1, len(task["pairs"]))}, sys.stdout)


main()
