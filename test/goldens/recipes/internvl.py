"""Records test/goldens/internvl/<checkpoint>/: logits, and the gradient of every tensor, as transformers gives them.

    python test/goldens/recipes/internvl.py        needs: torch, transformers, safetensors; a CPU, seconds

Beside each checkpoint, per case: input_ids, pixel_values [frames, 3, S, S], targets (the id wanted after each
position, -100 for none), logits [tokens, vocabulary], and gradient/<tensor of the file> of the mean cross-entropy.
Arithmetic is float32, eager attention, one thread.
"""

import torch
from tiny_internvl import GOLDENS, build, forward, frames_of, prompt_ids, save_checkpoint, spelled, write_record

CHECKPOINTS = {
    # As InternViT-300M over Qwen2 with grouped queries; also the spelling of the published checkpoints.
    "layer-norm": {"seed": 1, "vision": {}, "text": {}, "original": True},
    # As InternViT-6B; other counts of heads; the spelling of transformers in memory.
    "rms-norm": {
        "seed": 2,
        "vision": {"norm_type": "rms_norm", "use_qk_norm": True, "attention_bias": False, "num_attention_heads": 3},
        "text": {"hidden_size": 24, "num_attention_heads": 3, "num_key_value_heads": 1},
        "original": False,
    },
    # No head of its own; few trained positions, so that a long prompt stretches the rotary angles.
    "tied": {"seed": 3, "vision": {}, "text": {"max_position_embeddings": 16}, "original": True, "tie": True},
}

# checkpoint, case, frames, side in pixels, tokens of text before and after
CASES = [
    ("layer-norm", "one-frame", 1, 56, 3, 4),
    ("layer-norm", "three-frames", 3, 56, 2, 5),
    ("layer-norm", "interpolated", 2, 84, 2, 3),
    ("layer-norm", "text-only", 0, 0, 5, 6),
    ("rms-norm", "one-frame", 1, 56, 4, 3),
    ("rms-norm", "interpolated", 1, 112, 1, 2),
    ("tied", "one-frame", 1, 56, 3, 3),
    ("tied", "past-trained-positions", 2, 56, 5, 6),
]
# Their gradients differ from those of the neighbouring case in nothing that a test could see.
LOGITS_ONLY = {("layer-norm", "three-frames"), ("rms-norm", "interpolated")}


def record(model, original, checkpoint, case, frames, size, before, after):
    slots = (size // 14) ** 2 // 4
    ids = prompt_ids(frames, slots, before, after, seed=len(case))
    pixels = frames_of(frames, size, seed=7) if frames else None
    generator = torch.Generator().manual_seed(11)
    targets = torch.randint(0, 110, (len(ids),), generator=generator)
    targets[torch.rand(len(ids), generator=generator) < 0.4] = -100
    targets[-1] = 5

    model.zero_grad()
    logits = forward(model, ids, pixels)
    loss = torch.nn.functional.cross_entropy(logits, targets, ignore_index=-100)
    loss.backward()
    tensors = {"input_ids": ids.int(), "targets": targets.int(), "logits": logits}
    if pixels is not None:
        tensors["pixel_values"] = pixels
    if (checkpoint, case) not in LOGITS_ONLY:
        for name, parameter in model.named_parameters():
            gradient = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            tensors["gradient/" + spelled(name, original)] = gradient
    facts = {"recipe": "recipes/internvl.py", "frames": frames, "imageSize": size, "loss": loss.item()}
    write_record(GOLDENS / "internvl" / checkpoint / case, tensors, facts)
    print(f"{checkpoint}/{case}: {len(ids)} tokens, logits {logits.min():.2f}..{logits.max():.2f}, loss {loss:.4f}")


def main():
    torch.set_num_threads(1)
    for name, made in CHECKPOINTS.items():
        model = build(made["seed"], made["vision"], made["text"], made.get("tie", False))
        save_checkpoint(model, GOLDENS / "internvl" / name, made["original"])
        for checkpoint, case, *rest in CASES:
            if checkpoint == name:
                record(model, made["original"], checkpoint, case, *rest)


main()
