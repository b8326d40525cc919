"""A small SlowFast in plain torch calls, by the names of pytorchvideo's tensors: for recipes only.

Batch norm uses its stored statistics. The slow pathway sees floor((T-1)/4)+1 frames, evenly spread; both pathways are
repeated in time so that the slow one has at least 12 steps; pooling windows are clipped to the axis they run over.
On the tensors and pixels of slowfast/four-stages it gives pytorchvideo's feature exactly.
"""

import torch
import torch.nn.functional as F

# Per stage: inner and outer width of the slow pathway, and of the fast one. One bottleneck each.
STAGES = [((4, 8), (2, 4)), ((4, 12), (2, 4)), ((6, 12), (3, 6)), ((6, 16), (3, 6))]
STEM = (6, 2)
SLOW_WINDOW, FAST_WINDOW = (8, 7, 7), (32, 7, 7)
# Time kernels of conv_a: the slow pathway looks along time in its last two stages only.
SLOW_TIME, FAST_TIME = (1, 1, 3, 3), (3, 3, 3, 3)
WIDTH = STAGES[-1][0][1] + STAGES[-1][1][1]


def make(seed):
    """Random tensors by name; statistics far from those of a fresh network."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {}

    def convolution(name, norm, outputs, inputs, kernel):
        fan = inputs * kernel[0] * kernel[1] * kernel[2]
        tensors[f"{name}.weight"] = torch.randn(outputs, inputs, *kernel, generator=generator) * (2 / fan) ** 0.5
        tensors[f"{norm}.weight"] = 1 + 0.2 * torch.randn(outputs, generator=generator)
        tensors[f"{norm}.bias"] = 0.2 * torch.randn(outputs, generator=generator)
        tensors[f"{norm}.running_mean"] = 0.2 * torch.randn(outputs, generator=generator)
        tensors[f"{norm}.running_var"] = 0.5 + torch.rand(outputs, generator=generator)
        tensors[f"{norm}.num_batches_tracked"] = torch.tensor(3)

    def fusion(stage, fast):
        name = f"{stage}.multipathway_fusion"
        convolution(f"{name}.conv_fast_to_slow", f"{name}.norm", 2 * fast, fast, (7, 1, 1))

    for pathway, (width, time) in enumerate(zip(STEM, (1, 5))):
        name = f"0.multipathway_blocks.{pathway}"
        convolution(f"{name}.conv", f"{name}.norm", width, 3, (time, 7, 7))
    fusion(0, STEM[1])
    inputs = [STEM[0] + 2 * STEM[1], STEM[1]]
    for stage, widths in enumerate(STAGES, start=1):
        for pathway, (inner, outer) in enumerate(widths):
            name = f"{stage}.multipathway_blocks.{pathway}.res_blocks.0"
            time = (SLOW_TIME, FAST_TIME)[pathway][stage - 1]
            convolution(f"{name}.branch1_conv", f"{name}.branch1_norm", outer, inputs[pathway], (1, 1, 1))
            name += ".branch2"
            convolution(f"{name}.conv_a", f"{name}.norm_a", inner, inputs[pathway], (time, 1, 1))
            convolution(f"{name}.conv_b", f"{name}.norm_b", inner, inner, (1, 3, 3))
            convolution(f"{name}.conv_c", f"{name}.norm_c", outer, inner, (1, 1, 1))
        slow, fast = widths[0][1], widths[1][1]
        if stage < len(STAGES):
            fusion(stage, fast)
        inputs = [slow + 2 * fast, fast]
    return tensors


def feature(tensors, frames):
    """frames [T, 3, S, S], normalised → [WIDTH], slow before fast."""

    def layer(x, name, norm, stride=(1, 1, 1), relu=True):
        weight = tensors[f"{name}.weight"]
        y = F.conv3d(x, weight, stride=stride, padding=[k // 2 for k in weight.shape[2:]])
        get = lambda part: tensors[f"{norm}.{part}"]  # noqa: E731
        y = F.batch_norm(y, get("running_mean"), get("running_var"), get("weight"), get("bias"), False, 0.0, 1e-5)
        return y.relu() if relu else y

    def fuse(stage, slow, fast):
        name = f"{stage}.multipathway_fusion"
        return torch.cat([slow, layer(fast, f"{name}.conv_fast_to_slow", f"{name}.norm", (4, 1, 1))], dim=1)

    def bottleneck(x, name, stride):
        shortcut = layer(x, f"{name}.branch1_conv", f"{name}.branch1_norm", stride, relu=False)
        name += ".branch2"
        y = layer(x, f"{name}.conv_a", f"{name}.norm_a")
        y = layer(y, f"{name}.conv_b", f"{name}.norm_b", stride)
        return (shortcut + layer(y, f"{name}.conv_c", f"{name}.norm_c", relu=False)).relu()

    def pooled(x, window, repeats):
        x = x.repeat_interleave(repeats, dim=2)
        window = [min(k, size) for k, size in zip(window, x.shape[2:])]
        # In bfloat16 too: a CPU has no such pooling of its own.
        return F.avg_pool3d(x.float(), window, stride=1).mean(dim=(0, 2, 3, 4)).to(x.dtype)

    count = (len(frames) - 1) // 4 + 1
    chosen = torch.linspace(0, len(frames) - 1, count).long()
    fast = frames.transpose(0, 1)[None]
    paths = [fast[:, :, chosen], fast]
    for pathway in (0, 1):
        name = f"0.multipathway_blocks.{pathway}"
        stem = layer(paths[pathway], f"{name}.conv", f"{name}.norm", (1, 2, 2))
        paths[pathway] = F.max_pool3d(stem, (1, 3, 3), (1, 2, 2), (0, 1, 1))
    paths[0] = fuse(0, *paths)
    for stage in range(1, len(STAGES) + 1):
        stride = (1, 1, 1) if stage == 1 else (1, 2, 2)
        paths = [bottleneck(x, f"{stage}.multipathway_blocks.{p}.res_blocks.0", stride) for p, x in enumerate(paths)]
        if stage < len(STAGES):
            paths[0] = fuse(stage, *paths)
    repeats = -(-12 // count)
    return torch.cat([pooled(paths[0], SLOW_WINDOW, repeats), pooled(paths[1], FAST_WINDOW, repeats)])
