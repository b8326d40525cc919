"""Records the motion feature of pytorchvideo's SlowFast with random weights, for comparison with native/model/motion.

    python3 -m venv venv && venv/bin/pip install torch==2.13.0 numpy safetensors fvcore iopath parameterized
    venv/bin/pip install --no-deps pytorchvideo==0.1.5
    venv/bin/python test/goldens/recipes/slowfast.py test/goldens/slowfast          # the stored cases
    venv/bin/python test/goldens/recipes/slowfast.py OUT --real-widths              # R50 widths, not stored (130 MB)

The network is built by create_slowfast; its last stages are cut off for the stored cases, and the head is dropped.
The feature is what VQAThinker makes of it: time steps repeated, average pools with windows clipped to their axis, the
global mean. Pixels follow the formula of formula_pixels.py, so that only weights and features are stored. Each case is
<name>.safetensors (tensors named slowfast_model.feature_extraction.*, and `expected` [width]) with frames and size in
its metadata.
"""

import argparse
import json
import math
import sys
import types
from pathlib import Path

import torch

# pytorchvideo imports RoIAlign for its detection head only, which is not built here.
vision, ops = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
ops.RoIAlign = type("RoIAlign", (), {})
vision.ops = ops
sys.modules.update({"torchvision": vision, "torchvision.ops": ops})

import pytorchvideo.models.slowfast as slowfast  # noqa: E402
from formula_pixels import pixels  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

PREFIX = "slowfast_model.feature_extraction."
# name: blocks of each stage, stages kept, stem widths, frames, size
CASES = {
    "two-stages": ((2, 1, 1, 1), 2, (8, 4), 2, 6, 64),
    "four-stages": ((1, 1, 1, 1), 4, (4, 1), 4, 12, 96),
}
REAL_CASES = {
    "r50-6x448": ((3, 4, 6, 3), 4, (64, 8), 8, 6, 448),
    "r50-12x560": ((3, 4, 6, 3), 4, (64, 8), 8, 12, 560),
}


def random_network(depths, stages, stems, ratio, seed):
    """create_slowfast with random weights and batch norms far from the identity, cut after `stages` stages."""
    slowfast._MODEL_STAGE_DEPTH[0] = depths
    network = slowfast.create_slowfast(
        model_depth=0, stem_dim_outs=stems, slowfast_channel_reduction_ratio=(ratio,), head=None
    )
    blocks = list(network.blocks)[: stages + 1]
    blocks[-1].multipathway_fusion = torch.nn.Identity()  # the last stage has no lateral convolution
    network = torch.nn.ModuleList(blocks).eval()
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv3d):
            fan = module.weight[0].numel()
            module.weight.data.normal_(0, math.sqrt(2 / fan), generator=generator)
        if isinstance(module, torch.nn.BatchNorm3d):
            module.weight.data.uniform_(0.4, 1.1, generator=generator)
            module.bias.data.normal_(0, 0.2, generator=generator)
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.6, 1.6, generator=generator)
    return network


def pool(activation, repeats, window):
    repeated = activation.repeat_interleave(repeats, dim=2)
    clipped = [min(w, length) for w, length in zip(window, repeated.shape[2:])]
    return torch.nn.AvgPool3d(clipped, stride=1)(repeated).mean(dim=(2, 3, 4))


@torch.no_grad()
def feature(network, clip):
    frames = clip.shape[1]
    slow_frames = (frames - 1) // 4 + 1
    fast = clip.transpose(1, 2)
    slow = fast.index_select(2, torch.linspace(0, frames - 1, slow_frames).long())
    paths = [slow, fast]
    for block in network:
        paths = block(paths)
    repeats = math.ceil(12 / slow_frames)
    return torch.cat([pool(paths[0], repeats, (8, 7, 7)), pool(paths[1], repeats, (32, 7, 7))], dim=1)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--real-widths", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for seed, (name, case) in enumerate((REAL_CASES if options.real_widths else CASES).items()):
        depths, stages, stems, ratio, frames, size = case
        network = random_network(depths, stages, stems, ratio, seed)
        tensors = {PREFIX + key: value.contiguous() for key, value in network.state_dict().items()}
        tensors["expected"] = feature(network, pixels(frames, size)[None])
        metadata = {"frames": str(frames), "size": str(size), "made_with": f"pytorchvideo 0.1.5, torch {torch.__version__}"}
        save_file(tensors, options.out / f"{name}.safetensors", metadata=metadata)
        print(json.dumps({"case": name, "width": len(tensors["expected"]), "std": tensors["expected"].std().item()}))


if __name__ == "__main__":
    main()
