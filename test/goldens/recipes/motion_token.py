"""Records test/goldens/internvl/motion/: a model with the motion token, its feature, logits and gradients.

    python test/goldens/recipes/motion_token.py        needs: torch, transformers, safetensors; a CPU, seconds

The last image slot of the prompt receives the projected SlowFast feature, all before it the visual tokens; transformers
computes the rest from embeddings. SlowFast is frozen; every other tensor has its gradient of the mean cross-entropy.
"""

import torch
from safetensors.torch import load_file
from small_slowfast import WIDTH, feature, make
from tiny_internvl import GOLDENS, IMAGE_SLOT, build, frames_of, prompt_ids, save_checkpoint, save_file, spelled, write_record

FOLDER = GOLDENS / "internvl" / "motion"
VISION = {"hidden_size": 16, "num_hidden_layers": 1, "intermediate_size": 24}
TEXT = {"hidden_size": 24, "num_hidden_layers": 1, "intermediate_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1}
HIDDEN = TEXT["hidden_size"]


def motion_projector(seed, hidden=HIDDEN):
    torch.manual_seed(seed)
    norm, fc1, fc2 = torch.nn.LayerNorm(WIDTH), torch.nn.Linear(WIDTH, hidden), torch.nn.Linear(hidden, hidden)
    layers = torch.nn.Sequential(norm, fc1, torch.nn.GELU(), fc2)
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return layers


def record(model, slowfast, projector, case, count, size, before, after):
    ids = prompt_ids(count, (size // 14) ** 2 // 4, before, after, seed=count)
    # One frame more in the text than in the picture: a single slot, for the motion.
    slot = torch.tensor([4, 112, IMAGE_SLOT, 113])
    ids = torch.cat([ids[:-after], slot, ids[-after:]])
    pixels = frames_of(count, size, seed=40 + count)
    targets = torch.randint(0, 110, (len(ids),), generator=torch.Generator().manual_seed(12))
    targets[: len(ids) // 2] = -100

    model.zero_grad()
    projector.zero_grad()
    with torch.no_grad():
        motion = feature(slowfast, pixels)
    visual = model.get_image_features(pixels, vision_feature_layer=-1, vision_feature_select_strategy="default")
    visual = torch.cat(list(visual.pooler_output)).reshape(-1, HIDDEN)
    tokens = torch.cat([visual, projector(motion)[None]])
    slots = (ids == IMAGE_SLOT).nonzero()[:, 0]
    embeddings = model.get_input_embeddings()(ids).index_copy(0, slots, tokens)
    logits = model(inputs_embeds=embeddings[None], attention_mask=torch.ones_like(ids)[None]).logits[0]
    loss = torch.nn.functional.cross_entropy(logits, targets, ignore_index=-100)
    loss.backward()

    tensors = {"input_ids": ids.int(), "targets": targets.int(), "pixel_values": pixels, "logits": logits, "motion_feature": motion}
    for name, parameter in model.named_parameters():
        tensors["gradient/" + spelled(name, True)] = parameter.grad
    for name, parameter in projector.named_parameters():
        tensors["gradient/motion_mlp." + name] = parameter.grad
    facts = {"recipe": "recipes/motion_token.py", "frames": count, "imageSize": size, "loss": loss.item()}
    write_record(FOLDER / case, tensors, facts)
    share = [tokens[-1].norm().item(), visual.norm(dim=-1).mean().item()]
    print(f"{case}: {len(ids)} tokens, loss {loss:.4f}, feature {motion.min():.3f}..{motion.max():.3f}, token norms {share}")


def main():
    torch.set_num_threads(1)
    model, slowfast, projector = build(4, VISION, TEXT), make(5), motion_projector(6)
    save_checkpoint(model, FOLDER)
    weights = load_file(FOLDER / "model.safetensors")
    weights |= {f"slowfast_model.feature_extraction.{name}": value for name, value in slowfast.items()}
    weights |= {f"motion_mlp.{name}": value.detach() for name, value in projector.named_parameters()}
    save_file(weights, FOLDER / "model.safetensors", metadata={"format": "pt"})
    record(model, slowfast, projector, "five-frames", 5, 56, 2, 4)
    record(model, slowfast, projector, "one-frame", 1, 84, 3, 3)


if __name__ == "__main__":
    main()
