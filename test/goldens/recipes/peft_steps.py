"""Records test/goldens/peft/: adapters of PEFT, what a model computes with them, and ten updates of them.

    python test/goldens/recipes/peft_steps.py        needs: torch, transformers, accelerate, peft, safetensors; a CPU

The model is internvl/layer-norm, its lessons those of sft.py. For each kind KIND/ is PEFT's folder of an adapter whose A, B
and magnitudes are all random, KIND/after.safetensors the same tensors after ten updates, and KIND.safetensors the logits of
one prompt with the adapter.
"""

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from sft import ADAMW, OUT as LESSONS, REPLIES, SETTINGS, lessons, taught
from tiny_internvl import GOLDENS, build, frames_of, prompt_ids, save_file, write_record

OUT = GOLDENS / "peft"
KINDS = {
    # Endings that vision tower, projector and language model have; scale 3 / 2.
    "lora": {"r": 2, "lora_alpha": 3, "target_modules": ["q_proj", "v_proj", "linear_1", "down_proj", "fc1"]},
    # One expression of the whole path, with magnitudes.
    "dora": {
        "r": 3,
        "lora_alpha": 6,
        "use_dora": True,
        "target_modules": r".*language_model\..*\.(q_proj|k_proj|o_proj|up_proj)",
    },
    # Scale 4 / √4, ranks and alphas of their own, dropout that only training has.
    "rslora": {
        "r": 4,
        "lora_alpha": 4,
        "use_rslora": True,
        "target_modules": ["gate_proj", "o_proj"],
        "rank_pattern": {"layers.0.self_attn.o_proj": 1},
        "alpha_pattern": {"layers.1.mlp.gate_proj": 9},
    },
}


def adapted(settings):
    model = get_peft_model(build(1, {}, {}), LoraConfig(**settings))
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "lora_magnitude" in name:
                value.mul_(1 + 0.2 * torch.randn(value.shape, generator=generator))
            elif "lora_" in name:
                value.copy_(0.1 * torch.randn(value.shape, generator=generator))
    return model


def record(kind, settings):
    model = adapted(settings)
    folder = OUT / kind
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    model.eval()
    ids, pixels = prompt_ids(1, 4, seed=77), frames_of(1, 56, seed=78)
    with torch.no_grad():
        logits = model(input_ids=ids[None], pixel_values=pixels).logits[0]
    steps = taught(model, lessons())
    model.save_pretrained(folder / "taught")
    after = load_file(folder / "taught" / "adapter_model.safetensors")
    for file in (folder / "taught").iterdir():
        file.unlink()
    (folder / "taught").rmdir()
    save_file(after, folder / "after.safetensors")
    facts = {
        "recipe": "recipes/peft_steps.py",
        "lessons": f"{LESSONS.name}/replies",
        "replies": REPLIES,
        "settings": SETTINGS,
        "optimizer": ADAMW,
        "steps": steps,
    }
    write_record(OUT / kind / "record", {"input_ids": ids.int(), "pixel_values": pixels, "logits": logits}, facts)


OUT.mkdir(exist_ok=True)
for kind, settings in KINDS.items():
    record(kind, settings)
