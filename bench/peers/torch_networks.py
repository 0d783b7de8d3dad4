"""The networks and losses of cyclops in PyTorch, layer by layer, for timing a training step of both side by side.

A layer has the name it has in cyclops, and its parameters come from there. With `exact` the stride-2 convolutions pad
as TensorFlow does, behind only, which is how equal losses show that both are the same network; without, as PyTorch
code pads, on both sides alike, which saves it a copy.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

LEAKY = 0.1


class Conv(nn.Module):
    def __init__(self, cin, cout, kernel, stride=1, activation="none", symmetric=False, exact=False):
        super().__init__()
        self.ahead = None
        padding = (kernel - 1) // 2
        if stride == 2 and exact and not symmetric:
            before = (kernel - 2) // 2
            self.ahead = (before, kernel - 2 - before) * 2
            padding = 0
        self.conv = nn.Conv2d(cin, cout, kernel, stride, padding)
        self.activation = activation

    def forward(self, x):
        if self.ahead is not None:
            x = F.pad(x, self.ahead)
        x = self.conv(x)
        if self.activation == "leaky":
            return F.leaky_relu(x, LEAKY)
        if self.activation == "relu":
            return F.relu(x)
        return torch.sigmoid(x) if self.activation == "sigmoid" else x


class Up(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.ConvTranspose2d(cin, cout, 4, 2, 1)

    def forward(self, x):
        return F.leaky_relu(self.conv(x), LEAKY)


class Network(nn.Module):
    """Layers by name; `width` scales channels as cyclops does."""

    def __init__(self, width, exact):
        super().__init__()
        self.layers = nn.ModuleDict()
        self.width = width
        self.exact = exact

    def scaled(self, channels):
        return max(8, 8 * int(channels * self.width / 8 + 0.5))

    def add(self, name, cin, cout, kernel, stride=1, activation="none", symmetric=False):
        self.layers[name] = Conv(cin, cout, kernel, stride, activation, symmetric, self.exact)

    def up(self, name, cin, cout):
        self.layers[name] = Up(cin, cout)

    def __getitem__(self, name):
        return self.layers[name]

    def load(self, tensors):
        """Tensors by cyclops' names, `LAYER/kernel` [h,w,in,out] (transposed: [h,w,out,in]) and `LAYER/bias`."""
        mine = {f"{name}/{part}" for name in self.layers for part in ("kernel", "bias")}
        if mine != set(tensors):
            raise ValueError(f"layers differ: {sorted(mine ^ set(tensors))}")
        with torch.no_grad():
            for name, layer in self.layers.items():
                layer.conv.weight.copy_(tensors[f"{name}/kernel"].permute(3, 2, 0, 1))
                layer.conv.bias.copy_(tensors[f"{name}/bias"])


def twice(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


class MonoEdge(Network):
    ENCODER = [(16, 0), (48, 1), (96, 1), (128, 1), (192, 2)]
    DECODER = [(96, 0), (64, 0), (40, 1), (16, 1)]

    def __init__(self, width, exact):
        super().__init__(width, exact)
        cin = 3
        for scale, (channels, blocks) in enumerate(self.ENCODER, 1):
            channels = self.scaled(channels)
            self.add("stem" if scale == 1 else f"down{scale}", cin, channels, 3, 2, "relu")
            for block in range(blocks):
                self.residual(f"res{scale}" + ("b" if block else ""), channels)
            cin = channels
        skips = [self.scaled(channels) for channels, _ in self.ENCODER]
        for index, (channels, blocks) in enumerate(self.DECODER):
            scale, channels = 4 - index, self.scaled(channels)
            self.add(f"up{scale}_coarse", cin, channels, 1)
            self.add(f"up{scale}_skip", skips[scale - 1], channels, 1)
            self.add(f"up{scale}_conv", channels, channels, 3, 1, "relu")
            if blocks:
                self.residual(f"up{scale}_res", channels)
            self.add(f"disparity{scale}", channels, 1, 3, 1, "sigmoid")
            cin = channels

    def residual(self, name, channels):
        self.add(f"{name}_1", channels, channels, 3, 1, "relu")
        self.add(f"{name}_2", channels, channels, 3)

    def rectified(self, name, x):
        return F.relu(x + self[f"{name}_2"](self[f"{name}_1"](x)))

    def forward(self, image):
        x, skips = image, []
        for scale, (_, blocks) in enumerate(self.ENCODER, 1):
            x = self["stem" if scale == 1 else f"down{scale}"](x)
            for block in range(blocks):
                x = self.rectified(f"res{scale}" + ("b" if block else ""), x)
            skips.append(x)
        outputs = []
        for scale, (_, blocks) in zip((4, 3, 2, 1), self.DECODER):
            x = F.relu(twice(self[f"up{scale}_coarse"](x)) + self[f"up{scale}_skip"](skips[scale - 1]))
            x = self[f"up{scale}_conv"](x)
            if blocks:
                x = self.rectified(f"up{scale}_res", x)
            outputs.insert(0, self[f"disparity{scale}"](x))
        return outputs


class MonoVgg(Network):
    BLOCKS = [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3]

    def __init__(self, width, exact):
        super().__init__(width, exact)
        cin, pooled = 3, []
        for block, widths in enumerate(self.BLOCKS, 1):
            for index, channels in enumerate(map(self.scaled, widths), 1):
                self.add(f"enc{block}_{index}", cin, channels, 3, 1, "relu")
                cin = channels
            pooled.append(cin)
        for index, channels in enumerate([256, 128, 64, 32, 16]):
            scale, channels = 4 - index, self.scaled(channels)
            self.up(f"up{scale}", cin, channels)
            joined = channels + (pooled[scale - 1] if scale > 0 else 0) + (1 if scale < 3 else 0)
            self.add(f"i{scale}", joined, channels, 3, 1, "leaky")
            if scale < 4:
                self.add(f"disparity{scale}", channels, 1, 3)
            cin = channels

    def forward(self, image):
        x, pooled, outputs = image, [], []
        for block, widths in enumerate(self.BLOCKS, 1):
            for index in range(1, len(widths) + 1):
                x = self[f"enc{block}_{index}"](x)
            x = F.max_pool2d(x, 2)
            pooled.append(x)
        for scale in (4, 3, 2, 1, 0):
            parts = [self[f"up{scale}"](x)]
            if scale > 0:
                parts.append(pooled[scale - 1])
            if outputs:
                parts.append(twice(outputs[0]))
            x = self[f"i{scale}"](torch.cat(parts, 1) if len(parts) > 1 else parts[0])
            if scale < 4:
                outputs.insert(0, self[f"disparity{scale}"](x))
        return outputs


def rows_first(x):
    return x.permute(0, 2, 3, 1)


def correlate(left, right, reach):
    """[B,C,H,W] twice to [B,reach+1,H,W], sum over channels, far displacement first."""
    batch, channels, height, width = left.shape
    a = rows_first(left).reshape(batch * height, width, channels)
    b = rows_first(right).reshape(batch * height, width, channels)
    products = torch.bmm(a, F.pad(b, (0, 0, reach, 0)).transpose(1, 2))
    flat = F.pad(products.reshape(batch * height, width * (width + reach)), (0, width))
    band = flat.view(batch * height, width, width + reach + 1)[:, :, : reach + 1]
    return band.reshape(batch, height, width, reach + 1).permute(0, 3, 1, 2)


def unit_length(x):
    centred = x - x.mean(1, keepdim=True)
    return centred / torch.sqrt(centred.square().sum(1, keepdim=True) + 1e-6)


def soft_argmax(scores, step, zero=0):
    count = scores.shape[1]
    values = (torch.arange(count - 1, -1, -1.0) - zero) * step
    return (torch.softmax(scores, 1) * values.view(1, count, 1, 1)).sum(1, keepdim=True)


def similarity_window(left, right, disparity, radius):
    """[B,C,H,W] twice, [B,1,H,W] px, to [B,2*radius+1,H,W]."""
    batch, channels, height, width = left.shape
    rows, taken, margin = batch * height, 2 * radius + 2, 2 * radius + 2
    reach = width + 2 * margin
    centre = torch.arange(float(width)).view(1, 1, width) - disparity.view(batch, height, width)
    centre = centre.clamp(-radius - 1.0, width + float(radius)).reshape(rows * width, 1)
    first = centre.detach().floor()
    fraction = centre - first
    starts = (torch.arange(rows) * reach).view(rows, 1).expand(rows, width).reshape(-1, 1)
    indices = first.long() + starts + torch.arange(margin - radius, margin - radius + taken)
    right = F.pad(rows_first(unit_length(right)).reshape(rows, width, channels), (0, 0, margin, margin))
    candidates = right.reshape(rows * reach, channels).index_select(0, indices.view(-1))
    candidates = candidates.view(rows * width, taken, channels)
    own = rows_first(unit_length(left)).reshape(rows * width, channels, 1)
    found = torch.bmm(candidates, own).squeeze(2)
    lower, upper = found[:, :-1], found[:, 1:]
    window = lower + (upper - lower) * fraction
    return window.view(batch, height, width, taken - 1).permute(0, 3, 1, 2)


class StereoSoftarg(Network):
    REACH, RADIUS, SHARPNESS, UNIT = 47, 4, 14.0, 20.0

    def __init__(self, width, exact):
        super().__init__(width, exact)
        s = self.scaled

        def conv(name, cin, cout, kernel=3, stride=1):
            self.add(name, cin, s(cout), kernel, stride, "leaky")

        conv("feature1", 3, 24, 5, 2)
        conv("feature2", s(24), 48, 3, 2)
        conv("feature3a", s(48), 48)
        self.add("feature3b", s(48), s(48), 3)
        self.add("match", s(48), s(48), 3)
        self.add("half_match", s(24), s(24), 3)
        conv("join", self.REACH + 1 + s(48), 64)
        for name, cin, cout in [("8", 64, 96), ("16", 96, 128), ("32", 128, 160)]:
            conv(f"down{name}a", s(cin), cout, 3, 2)
            conv(f"down{name}b", s(cout), cout)
        for name, coarse, skip, cout in [("up16", 160, 128, 128), ("up8", 128, 96, 96), ("up4", 96, 64, 64)]:
            self.add(f"{name}_coarse", s(coarse), s(cout), 1)
            self.add(f"{name}_skip", s(skip), s(cout), 1)
            conv(f"{name}_conv", s(cout), cout)
        self.add("correction", s(64), self.REACH + 1, 3)
        conv("refine1a", s(64) + s(24) + 1, 32)
        conv("refine1b", s(32), 32)
        self.add("window_correction", s(32), 2 * self.RADIUS + 1, 3)
        conv("narrow", s(32), 16, 1)
        conv("refine0a", s(16) + 3 + 1, 16)
        conv("refine0b", s(16), 16)
        self.add("residual0", s(16), 1, 3)
        for scale, channels in enumerate((16, 32, 64)):
            self.add(f"visible{scale}", s(channels), 1, 3)

    def features(self, image):
        half = self["feature1"](image)
        quarter = self["feature2"](half)
        joined = quarter + self["feature3b"](self["feature3a"](quarter))
        return half, self["half_match"](half), joined, self["match"](joined)

    def rise(self, name, coarse, skip):
        total = twice(self[f"{name}_coarse"](coarse)) + self[f"{name}_skip"](skip)
        return self[f"{name}_conv"](F.leaky_relu(total, LEAKY))

    def forward(self, left, right):
        half_left, half_match, quarter, match = self.features(left)
        _, half_match_right, _, match_right = self.features(right)
        similarity = correlate(unit_length(match), unit_length(match_right), self.REACH)
        join = self["join"](torch.cat([similarity, quarter], 1))
        eighth = self["down8b"](self["down8a"](join))
        sixteenth = self["down16b"](self["down16a"](eighth))
        last = self["down32b"](self["down32a"](sixteenth))
        context4 = self.rise("up4", self.rise("up8", self.rise("up16", last, sixteenth), eighth), join)
        disparity2 = soft_argmax(self.SHARPNESS * similarity + self["correction"](context4), 4 / self.UNIT)

        estimate1 = twice(disparity2)
        window = similarity_window(half_match, half_match_right, estimate1 * (self.UNIT / 2), self.RADIUS)
        half = self["refine1b"](self["refine1a"](torch.cat([twice(context4), half_left, estimate1], 1)))
        scores = self.SHARPNESS * window + self["window_correction"](half)
        disparity1 = estimate1 + soft_argmax(scores, 2 / self.UNIT, self.RADIUS)

        estimate0 = twice(disparity1)
        full = self["refine0b"](self["refine0a"](torch.cat([twice(self["narrow"](half)), left, estimate0], 1)))
        disparity0 = estimate0 + self["residual0"](full)
        visible = [self[f"visible{scale}"](x) for scale, x in enumerate((full, half, context4))]
        return [disparity0, disparity1, disparity2, *visible]


class DispNetC(Network):
    REACH = 40

    def __init__(self, width, exact):
        super().__init__(width, exact)
        s = self.scaled

        def down(name, cin, cout, kernel):
            self.add(name, cin, s(cout), kernel, 2, "leaky", symmetric=True)

        def same(name, cin, cout, kernel=3):
            self.add(name, cin, s(cout), kernel, 1, "leaky")

        down("conv1", 3, 64, 7)
        down("conv2", s(64), 128, 5)
        same("redir", s(128), 64, 1)
        down("conv3", s(64) + self.REACH + 1, 256, 3)
        same("conv3_1", s(256), 256)
        for name, cin, cout in [("4", 256, 512), ("5", 512, 512), ("6", 512, 1024)]:
            down(f"conv{name}", s(cin), cout, 3)
            same(f"conv{name}_1", s(cout), cout)
        cin = s(1024)
        for scale, channels, skip in [(5, 512, 512), (4, 256, 512), (3, 128, 256), (2, 64, 128), (1, 32, 64), (0, 16, 0)]:
            self.up(f"up{scale}", cin, s(channels))
            same(f"i{scale}", s(channels) + (s(skip) if skip else 0), channels)
            cin = s(channels)
            if scale < 4:
                self.add(f"disparity{scale}", cin, 1, 3)
                self.add(f"visible{scale}", cin, 1, 3)

    def forward(self, left, right):
        left1 = self["conv1"](left)
        left2 = self["conv2"](left1)
        right2 = self["conv2"](self["conv1"](right))
        similarity = F.leaky_relu(correlate(left2 / left2.shape[1], right2, self.REACH), LEAKY)
        x = torch.cat([self["redir"](left2), similarity], 1)
        skips = {1: left1, 2: left2}
        for scale in (3, 4, 5, 6):
            x = skips[scale] = self[f"conv{scale}_1"](self[f"conv{scale}"](x))
        disparity, visible = [], []
        for scale in (5, 4, 3, 2, 1, 0):
            x = self[f"up{scale}"](x)
            x = self[f"i{scale}"](torch.cat([x, skips[scale]], 1) if scale > 0 else x)
            if scale < 4:
                disparity.insert(0, self[f"disparity{scale}"](x))
                visible.insert(0, self[f"visible{scale}"](x))
        return disparity + visible


NETWORKS = {
    "mono-edge": MonoEdge,
    "mono-vgg": MonoVgg,
    "stereo-softarg": StereoSoftarg,
    "dispnet-c": DispNetC,
}


def pyramid(x, levels, halve):
    maps = [x]
    while len(maps) < levels:
        maps.append(halve(maps[-1], 2))
    return maps


def weighted_mean(values, weights):
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)


def supervised_loss(outputs, factor, truth, visible):
    """Guo et al. (2) and (3), as src/train/losses/supervised.ts with `sparse`."""
    scales = len(outputs) // 2
    heads, logits = outputs[:scales], outputs[scales:]
    loss = 0.0
    for scale, (head, target) in enumerate(zip(heads, pyramid(truth, scales, F.max_pool2d))):
        error = (head * factor - target).abs()
        loss = loss + weighted_mean(error, (target > 0).float()) * 2.0**-scale / 20
    dilated = F.max_pool2d(F.pad(visible, (1, 1, 1, 1), value=1.0), 3, 1)
    for scale, (logit, target) in enumerate(zip(logits, pyramid(dilated, scales, F.avg_pool2d))):
        loss = loss + F.binary_cross_entropy_with_logits(logit, target) * 2.0**-scale
    return loss


def distillation_loss(outputs, factor, label, confidence, relative, gradient):
    """Guo et al. (8) and the terms of ours, as src/train/losses/distillation.ts."""
    height, width = label.shape[2:]
    levels = [round(torch.tensor(height / output.shape[2]).log2().item()) for output in outputs]
    labels = pyramid(label, max(levels) + 1, F.max_pool2d)
    weights = [(x > 0).float() for x in labels]
    if confidence is not None:
        weights = [w * c for w, c in zip(weights, pyramid(confidence, len(labels), F.avg_pool2d))]
    finest = outputs[0]
    if levels[0] > 0:
        finest = F.interpolate(finest, size=(height, width), mode="bilinear", align_corners=False)
    finest = finest * factor
    loss = 0.0
    for scale, output in enumerate(outputs):
        level = 0 if scale == 0 else levels[scale]
        px = finest if scale == 0 else output * factor
        loss = loss + weighted_mean((px - labels[level]).abs(), weights[level]) * 2.0**-scale / 20
    if relative > 0:
        loss = loss + weighted_mean(((finest + 1).log() - (label + 1).log()).abs(), weights[0]) * relative
    if gradient > 0:
        error, w = finest - label, weights[0]
        x = weighted_mean((error[..., 1:] - error[..., :-1]).abs(), w[..., 1:] * w[..., :-1])
        y = weighted_mean((error[..., 1:, :] - error[..., :-1, :]).abs(), w[..., 1:, :] * w[..., :-1, :])
        loss = loss + (x + y) * gradient / 20
    return loss
