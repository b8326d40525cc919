"""Loads checkpoints that model.save wrote with transformers, and compares their logits with the recorded ones.

    python test/interop/load_saved.py ROOT        needs: torch, transformers, safetensors; a CPU, seconds

ROOT/<any name>/<configuration>/ is a configuration of test/goldens/configurations, saved in either layout and in
float32 or bfloat16. The layout of transformers is opened by transformers itself. Of the original layout it knows
nothing without code from the checkpoint: there the tensors are renamed by the table of original_layout.py. Arithmetic is
float32. Ends with 1 when any differs by more than 1e-5, lacks a tensor or has one too many.
"""

import json
import sys
from pathlib import Path

RECIPES = Path(__file__).parent.parent / "goldens" / "recipes"
sys.path.insert(0, str(RECIPES))

import torch  # noqa: E402
from configurations import OUT, POSITIONS, PROJECTOR, SLOWFAST, Reference  # noqa: E402
from formula_pixels import pixels as formula_pixels  # noqa: E402
from motion_token import motion_projector  # noqa: E402
from original_layout import from_original, from_original_config, read_tensors  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from tiny_internvl import configured, spelled  # noqa: E402
from transformers import InternVLForConditionalGeneration  # noqa: E402

BOUND = 1e-5


def motion_parts(tensors, prefix):
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def open_by_transformers(folder):
    model, info = InternVLForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not info["missing_keys"] and not info["mismatched_keys"], info
    assert all(name.startswith((SLOWFAST, PROJECTOR)) for name in info["unexpected_keys"]), info["unexpected_keys"]
    return model


def open_by_names(folder, config, tensors):
    vision, text, tie = from_original_config(config)
    slot = json.loads((folder / "added_tokens.json").read_text())["<IMG_CONTEXT>"]
    model = InternVLForConditionalGeneration(configured(vision, text, tie, image_token=slot))
    named = from_original({name: value for name, value in tensors.items() if not name.startswith((SLOWFAST, PROJECTOR))})
    own = {spelled(name, True): value for name, value in model.named_parameters()}
    assert own.keys() == named.keys(), own.keys() ^ named.keys()
    with torch.no_grad():
        for name, value in own.items():
            assert value.shape == named[name].shape, name
            value.copy_(named[name])
    return model


def difference(folder):
    config, tensors = json.loads((folder / "config.json").read_text()), read_tensors(folder)
    original = config["model_type"] == "internvl_chat"
    model = open_by_names(folder, config, tensors) if original else open_by_transformers(folder)
    reference = Reference(model.eval())
    if slowfast := motion_parts(tensors, SLOWFAST):
        projector = motion_projector(0, config["llm_config" if original else "text_config"]["hidden_size"])
        projector.load_state_dict(motion_parts(tensors, PROJECTOR))
        reference = Reference(model, {name: value.float() for name, value in slowfast.items()}, projector)

    dtype = config.get("dtype", config.get("torch_dtype"))
    stray = [name for name, value in tensors.items() if value.is_floating_point() and value.dtype != getattr(torch, dtype)]
    assert not stray, f"config.json says {dtype}, but {stray} are not"
    recorded = load_file(OUT / f"{folder.name}.safetensors")
    facts = json.loads((OUT / f"{folder.name}.json").read_text())
    rounded = dtype == "bfloat16" and "rounded_logits" in recorded
    found = reference.logits(recorded["input_ids"].long(), formula_pixels(facts["frames"], facts["imageSize"]))
    return (found[-POSITIONS:] - recorded["rounded_logits" if rounded else "logits"]).abs().max().item()


def main():
    torch.set_num_threads(1)
    folders = sorted(path.parent for path in Path(sys.argv[1]).glob("*/*/config.json"))
    failed = not folders
    for folder in folders:
        try:
            found = difference(folder)
            outcome = f"logits differ by {found:.1e}"
        except Exception as error:
            found, outcome = torch.inf, f"{type(error).__name__}: {error}"
        failed = failed or not found <= BOUND
        shards = len(list(folder.glob("*.safetensors")))
        print(f"{folder.parent.name}/{folder.name}, {shards} files: {outcome}")
    print(f"{len(folders)} folders: {'FAILED' if failed else f'all within {BOUND}'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
