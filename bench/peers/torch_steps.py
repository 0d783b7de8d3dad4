"""Training steps of one network in PyTorch, on the processor, when asked for.

The first line of standard input is the task, as JSON (bench/train/torch-steps.ts); each next one a request:
{"kind": "check"} answers loss and gradient norm of the first step, {"kind": "run", "steps": N} its seconds and
processor seconds. One line of JSON answers each.
"""

import json
import math
import sys
import time

import torch

from torch_networks import NETWORKS, distillation_loss, supervised_loss


def tensors_from(path, entries):
    with open(path, "rb") as file:
        data = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    found, at = {}, 0
    for entry in entries:
        size = math.prod(entry["shape"])
        found[entry["name"]] = data[at : at + size].view(entry["shape"]).clone()
        at += size
    if at != len(data):
        raise ValueError(f"{path}: expected {at} numbers, found {len(data)}")
    return found


class Steps:
    def __init__(self, task, exact):
        self.task = task
        layout = torch.channels_last if task["channelsLast"] else torch.contiguous_format
        self.model = NETWORKS[task["network"]](task["widthMultiplier"], exact)
        self.model.load(tensors_from(task["weights"], task["weightEntries"]))
        self.model = self.model.to(memory_format=layout)
        maps = tensors_from(task["batch"], task["batchEntries"])
        # As a data loader gives it: in the network's own order of axes.
        self.maps = {name: x.permute(0, 3, 1, 2).contiguous(memory_format=layout) for name, x in maps.items()}
        self.mean = torch.tensor(task["inputMean"]).view(1, 3, 1, 1)
        self.std = torch.tensor(task["inputStd"]).view(1, 3, 1, 1)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=task["learningRate"], fused=True)

    def loss(self):
        task, maps = self.task, self.maps
        views = [(maps[name] - self.mean) / self.std for name in task["views"]]
        outputs = self.model(*views)
        if task["loss"] == "supervised":
            return supervised_loss(outputs, task["factor"], maps["disparityLeft"], maps["visibleLeft"])
        confidence = maps.get("confidenceLeft")
        weights = task["relativeWeight"], task["gradientWeight"]
        return distillation_loss(outputs, task["factor"], maps["disparityLeft"], confidence, *weights)

    def step(self):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.task["clipNorm"])
        self.optimizer.step()
        return loss.item(), norm.item()


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    steps = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["kind"] == "check":
            loss, norm = Steps(task, exact=True).step()
            answer = {"loss": loss, "gradientNorm": norm, "torch": torch.__version__}
        else:
            steps = steps or Steps(task, exact=False)
            start, processor = time.perf_counter(), time.process_time()
            for _ in range(request["steps"]):
                steps.step()
            answer = {"seconds": time.perf_counter() - start, "processorSeconds": time.process_time() - processor}
        print(json.dumps(answer), flush=True)


main()
