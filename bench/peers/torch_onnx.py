"""A tfjs LayersModel rebuilt in PyTorch, with its weights, and exported by torch.onnx.

usage: torch_onnx.py MODEL_JSON OUT_ONNX HEIGHT WIDTH, with the layers of our students: Conv2D, Activation, Add,
UpSampling2D. Float32 [1, 3, H, W] in, the network's first output [1, 1, h, w] out. Prints versions as JSON.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from torch import nn


class Network(nn.Module):
    def __init__(self, path):
        super().__init__()
        model = json.loads(Path(path).read_text())
        config = model["modelTopology"]["config"]
        self.layers = {layer["config"]["name"]: layer for layer in config["layers"]}
        self.image = config["input_layers"][0][0]
        self.wanted = config["output_layers"][0][0]
        weights = read_weights(Path(path).parent, model["weightsManifest"])
        self.convolutions = nn.ModuleDict()
        for name, layer in self.layers.items():
            if layer["class_name"] != "Conv2D":
                continue
            c = layer["config"]
            kernel = weights[f"{name}/kernel"]
            conv = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[:2], stride=c["strides"])
            with torch.no_grad():
                conv.weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()))
                conv.bias.copy_(torch.from_numpy(weights[f"{name}/bias"].copy()))
            self.convolutions[name] = conv

    def forward(self, image):
        values = {self.image: image}
        for name in self.order():
            layer = self.layers[name]
            inputs = [values[source[0]] for source in layer["inbound_nodes"][0]]
            values[name] = self.apply_layer(name, layer, inputs)
        return values[self.wanted]

    def order(self):
        done, order = {self.image}, []

        def visit(name):
            if name in done:
                return
            done.add(name)
            for source in self.layers[name]["inbound_nodes"][0]:
                visit(source[0])
            order.append(name)

        visit(self.wanted)
        return order

    def apply_layer(self, name, layer, inputs):
        kind, c, x = layer["class_name"], layer["config"], inputs[0]
        if kind == "Conv2D":
            x = same_padding(x, c["kernel_size"], c["strides"]) if c["padding"] == "same" else x
            return activate(self.convolutions[name](x), c.get("activation"))
        if kind == "Activation":
            return activate(x, c["activation"])
        if kind == "Add":
            return sum(inputs[1:], inputs[0])
        if kind == "UpSampling2D":
            return F.interpolate(x, scale_factor=tuple(float(s) for s in c["size"]), mode="nearest")
        raise SystemExit(f"layer {name}: no {kind} here")


def activate(x, name):
    if name in (None, "linear"):
        return x
    return {"relu": torch.relu, "sigmoid": torch.sigmoid}[name](x)


def same_padding(x, kernel, strides):
    """TensorFlow's: one more row and column behind than before."""
    pads = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(strides)):
        total = max((-(-size // s) - 1) * s + k - size, 0)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads) if any(pads) else x


def read_weights(folder, manifest):
    weights = {}
    for group in manifest:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        offset = 0
        for spec in group["weights"]:
            count = int(np.prod(spec["shape"]))
            weights[spec["name"]] = np.frombuffer(data, np.float32, count, offset).reshape(spec["shape"])
            offset += 4 * count
    return weights


def main():
    path, out, height, width = sys.argv[1:]
    network = Network(path).eval()
    image = torch.zeros(1, 3, int(height), int(width))
    torch.onnx.export(network, (image,), out, input_names=["image"], output_names=["disparity"], dynamo=True,
                      external_data=False, verbose=False)
    onnx.checker.check_model(out, full_check=True)
    json.dump({"torch": torch.__version__, "onnx": onnx.__version__}, sys.stdout)


main()
