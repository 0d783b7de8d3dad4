"""A video through an ONNX model with OpenCV and ONNX Runtime, as a careful user would write it.

Reads JSON from standard input: {"model", "video", "input", "width", "height", "crop": [x, y, width, height],
"threads", "frames", "pace": "fastest" or "real-time"}. The model takes uint8 [1, H, W, 3] in RGB and gives metres.

fastest: every frame, one after the other. real-time: a thread of its own decodes, cuts and resizes ahead, hands each frame
over when it is due, and the newest wins; a frame's age runs from the moment it was due to the end of its inference.
Prints JSON: versions, frames, frames/s from the first to the last, ages in ms.
"""

import json
import sys
import threading
import time

import cv2
import numpy as np
import onnxruntime as ort


def prepare(frame, task):
    x, y, width, height = task["crop"]
    small = cv2.resize(frame[y : y + height, x : x + width], (task["width"], task["height"]), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2RGB)[np.newaxis]


class Latest:
    """One place, in which a newer frame replaces an older one."""

    def __init__(self):
        self.condition = threading.Condition()
        self.item = None
        self.is_over = False
        self.dropped = 0

    def put(self, item):
        with self.condition:
            self.dropped += self.item is not None
            self.item = item
            self.condition.notify()

    def end(self):
        with self.condition:
            self.is_over = True
            self.condition.notify()

    def take(self):
        with self.condition:
            self.condition.wait_for(lambda: self.item is not None or self.is_over)
            item, self.item = self.item, None
            return item


def play(video, task, latest):
    """Hands frames over by the clock."""
    period = 1 / video.get(cv2.CAP_PROP_FPS)
    start = None
    for index in range(task["frames"]):
        ok, frame = video.read()
        if not ok:
            break
        image = prepare(frame, task)
        if start is None:
            start = time.monotonic()
        due = start + index * period
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        latest.put((image, due))
    latest.end()


def main():
    task = json.load(sys.stdin)
    options = ort.SessionOptions()
    options.intra_op_num_threads = task["threads"]
    session = ort.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
    video = cv2.VideoCapture(task["video"])
    for _ in range(3):
        session.run(None, {task["input"]: np.zeros((1, task["height"], task["width"], 3), np.uint8)})
    done = []
    ages = []
    dropped = 0
    if task["pace"] == "fastest":
        for _ in range(task["frames"]):
            ok, frame = video.read()
            if not ok:
                break
            session.run(None, {task["input"]: prepare(frame, task)})
            done.append(time.monotonic())
    else:
        latest = Latest()
        reader = threading.Thread(target=play, args=(video, task, latest))
        reader.start()
        while (item := latest.take()) is not None:
            image, due = item
            session.run(None, {task["input"]: image})
            done.append(time.monotonic())
            ages.append((done[-1] - due) * 1000)
        reader.join()
        dropped = latest.dropped
    json.dump(
        {
            "onnxruntime": ort.__version__,
            "opencv": cv2.__version__,
            "frames": len(done),
            "dropped": dropped,
            "fps": (len(done) - 1) / (done[-1] - done[0]),
            "agesMs": ages,
        },
        sys.stdout,
    )


main()
