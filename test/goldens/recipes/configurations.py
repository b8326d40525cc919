"""Records test/goldens/configurations/: logits and greedy continuations of twelve configurations by transformers.

    python test/goldens/recipes/configurations.py        needs: torch, transformers, safetensors; a CPU, a minute

They differ in layout, spelling, sharding and type on disk, vision tower, heads, tied or own output head, resolution
and number of frames; two have motion parts. <name>/ is a checkpoint, <name>.safetensors holds, after the prompt
`input_ids` about frames of formula_pixels.py:

    logits            [16, vocabulary]  of the last positions, float32 arithmetic on the weights as stored
    rounded_logits    the same on weights rounded to bfloat16; absent where they are stored so
    continuation      [32] ids that have the largest logit, one after another, float32, without a cache; the image slot
                      and the end of a turn are left out

and <name>.json these two ids, the smallest distance between the two largest logits on the way, how far float32
logits are from float64, and by how much transformers errs in bfloat16: against float32 arithmetic on the same rounded
weights. There its rotary frequencies and angles stay float32, as when transformers loads a checkpoint; everything else
is bfloat16, SlowFast and the resampling of the position embedding included. Attention is eager, on one thread. Seeds
are tried until the numbers are worth comparing.
"""

import copy
import itertools
import json
import shutil

import torch
from formula_pixels import pixels as formula_pixels
from motion_token import motion_projector
from original_layout import END, IMAGE_BEGIN, IMAGE_END, IMAGE_SLOT, PAD, VOCABULARY
from original_layout import from_original, original_config, read_tensors, to_original, write_json, write_tokenizer
from safetensors.torch import save_file
from small_slowfast import feature, make
from tiny_internvl import GOLDENS, build, forward, prompt_ids, spelled, write_record

OUT = GOLDENS / "configurations"
POSITIONS, TOKENS = 16, 32
# A continuation worth comparing: no near tie on the way, and not one id for ever.
MARGIN, VARIETY = 0.01, 8
# How far float32 may be from float64, so that a bound of 1e-4 asks for the same mathematics and not for the same sums.
STEADY = 2e-5
# With matrices as small as those of a fresh model the last token alone decides the next one, and barely. Queries and
# keys stay as they are: sharp attention makes rounding errors large.
DECODER_GAIN, HEAD_GAIN = 3.0, 4.0
LEFT_OUT = [IMAGE_SLOT, END]
SLOWFAST, PROJECTOR = "slowfast_model.feature_extraction.", "motion_mlp."
SHARD_BYTES = 60_000

TOWER_6B = {"norm_type": "rms_norm", "use_qk_norm": True, "attention_bias": False}
PLAIN_ROPE = {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}


def heads(hidden, queries, keys, **more):
    return {"hidden_size": hidden, "num_attention_heads": queries, "num_key_value_heads": keys, **more}


# name: layout, frames, their side, then what is not as in tiny_internvl.py; trained positions are those of 56 pixels
CONFIGURATIONS = {
    "legacy-native": {"layout": "legacy", "frames": 1, "size": 56},
    "legacy-tied-6b-enlarged": {
        "layout": "legacy", "frames": 2, "size": 84, "dtype": "bfloat16", "tie": True,
        "vision": {**TOWER_6B, "num_attention_heads": 3}, "text": heads(24, 3, 3),
    },
    "legacy-older-config-sharded": {
        "layout": "legacy", "frames": 2, "size": 56, "sharded": True, "older": True,
        "vision": {"num_hidden_layers": 1}, "text": {"num_hidden_layers": 3, "intermediate_size": 40},
    },
    "legacy-motion": {"layout": "legacy", "frames": 6, "size": 56, "motion": True},
    "new-grouped-reduced": {
        "layout": "new", "frames": 3, "size": 56,
        "vision": {"image_size": 84, "num_attention_heads": 4}, "text": heads(28, 7, 1, head_dim=8, **PLAIN_ROPE),
    },
    "new-6b-sharded-enlarged": {
        "layout": "new", "frames": 1, "size": 112, "dtype": "bfloat16", "sharded": True,
        "vision": {**TOWER_6B, "hidden_size": 20, "num_attention_heads": 5, "num_hidden_layers": 3}, "text": heads(56, 14, 2),
    },
    "new-tied-reduced": {
        "layout": "new", "frames": 3, "size": 28, "dtype": "bfloat16", "tie": True,
        "vision": {"num_hidden_layers": 3, "num_attention_heads": 1}, "text": {"num_hidden_layers": 4},
    },
    "original-native": {"layout": "original", "frames": 1, "size": 56},
    "original-tied-enlarged": {
        "layout": "original", "frames": 2, "size": 84, "dtype": "bfloat16", "tie": True, "text": heads(24, 3, 3),
    },
    "original-6b-sharded-reduced": {
        "layout": "original", "frames": 3, "size": 56, "sharded": True,
        "vision": {**TOWER_6B, "image_size": 84, "hidden_size": 20, "num_attention_heads": 5},
    },
    "original-6b-grouped": {
        "layout": "original", "frames": 1, "size": 56, "dtype": "bfloat16",
        "vision": {**TOWER_6B, "num_hidden_layers": 3}, "text": heads(28, 7, 1, head_dim=8),
    },
    # As the released VQAThinker: shards in bfloat16, seven query heads to a key head, frames larger than the trained.
    "original-motion-sharded-enlarged": {
        "layout": "original", "frames": 6, "size": 84, "dtype": "bfloat16", "sharded": True, "motion": True,
        "text": heads(28, 7, 1),
    },
}


class Reference:
    """A model of transformers, with SlowFast's tensors and the projector of its feature where there is motion."""

    def __init__(self, model, slowfast=None, projector=None):
        self.model, self.slowfast, self.projector = model, slowfast, projector

    def to(self, dtype):
        """A copy of that type. Rotary frequencies stay float32: transformers computes angles in the type they have."""
        model = copy.deepcopy(self.model).to(dtype)
        model.model.language_model.rotary_emb = copy.deepcopy(self.model.model.language_model.rotary_emb)
        if self.slowfast is None:
            return Reference(model)
        cast = lambda value: value.to(dtype) if value.is_floating_point() else value  # noqa: E731
        slowfast = {name: cast(value) for name, value in self.slowfast.items()}
        return Reference(model, slowfast, copy.deepcopy(self.projector).to(dtype))

    def embeddings(self, ids, pixels):
        """The prompt with its slots filled: visual tokens, and the motion token in the last one."""
        visual = self.model.get_image_features(pixels, vision_feature_layer=-1, vision_feature_select_strategy="default")
        visual = visual.pooler_output.flatten(0, 1)
        motion = self.projector(feature(self.slowfast, pixels.to(self.model.dtype)))
        slots = (ids == IMAGE_SLOT).nonzero()[:, 0]
        return self.model.get_input_embeddings()(ids).index_copy(0, slots, torch.cat([visual, motion[None]]))

    @torch.no_grad()
    def logits(self, ids, pixels):
        if self.slowfast is None:
            return forward(self.model, ids, pixels)
        filled = self.embeddings(ids, pixels)
        return self.model(inputs_embeds=filled[None], attention_mask=torch.ones_like(ids)[None]).logits[0]

    def continuation(self, ids, pixels):
        """Ids of the largest logits, and the smallest distance of the second largest."""
        margins, whole = [], ids
        for _ in range(TOKENS):
            row = self.logits(whole, pixels)[-1]
            row[LEFT_OUT] = -torch.inf
            (first, second), (best, _) = row.topk(2)
            margins.append((first - second).item())
            whole = torch.cat([whole, best[None]])
        return whole[len(ids) :], min(margins)

    def generate(self, ids, pixels):
        """The same by transformers' own loop, with its cache."""
        if self.slowfast is None:
            inputs = {"input_ids": ids[None], "pixel_values": pixels}
        else:
            inputs = {"inputs_embeds": self.embeddings(ids, pixels)[None]}
        inputs["attention_mask"] = torch.ones_like(ids)[None]
        options = {"max_new_tokens": TOKENS, "do_sample": False, "suppress_tokens": LEFT_OUT}
        return self.model.generate(**inputs, **options)[0, -TOKENS:]

    def stored(self):
        """Every tensor of the file, in the spelling of the published checkpoints."""
        named = {spelled(name, True): value for name, value in self.model.named_parameters()}
        if self.slowfast is not None:
            named |= {SLOWFAST + name: value for name, value in self.slowfast.items()}
            named |= {PROJECTOR + name: value for name, value in self.projector.named_parameters()}
        return {name: value.detach().contiguous() for name, value in named.items()}


def random_reference(made, seed):
    text = {"vocab_size": VOCABULARY, "bos_token_id": PAD, "eos_token_id": END, "pad_token_id": PAD}
    text |= made.get("text", {})
    model = build(seed, made.get("vision", {}), text, made.get("tie", False), image_token=IMAGE_SLOT)
    language = model.model.language_model
    with torch.no_grad():
        language.norm.weight.mul_(HEAD_GAIN)
        for name, value in language.layers.named_parameters():
            if value.dim() == 2 and "q_proj" not in name and "k_proj" not in name:
                value.mul_(DECODER_GAIN)
    if "motion" not in made:
        return Reference(model)
    return Reference(model, make(seed + 1), motion_projector(seed + 2, language.config.hidden_size))


def write_weights(folder, tensors, sharded):
    """One file, or shards of at most SHARD_BYTES or one tensor, with their index."""
    shards = [{}]
    for name, value in tensors.items():
        if sharded and shards[-1] and sum(one.nbytes for one in shards[-1].values()) + value.nbytes > SHARD_BYTES:
            shards.append({})
        shards[-1][name] = value
    if not sharded:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    files = [f"model-{k:05}-of-{len(shards):05}.safetensors" for k in range(1, len(shards) + 1)]
    for file, shard in zip(files, shards):
        save_file(shard, folder / file, metadata={"format": "pt"})
    total = sum(value.nbytes for value in tensors.values())
    places = {name: file for file, shard in zip(files, shards) for name in shard}
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": places})


def older_config(path):
    """config.json as transformers 4 wrote it."""
    config = json.loads(path.read_text())
    config["torch_dtype"] = config.pop("dtype")
    rope = config["text_config"].pop("rope_parameters")
    config["text_config"]["rope_theta"] = rope.pop("rope_theta")
    config["text_config"]["rope_scaling"] = {**rope, "type": rope["rope_type"]}
    write_json(path, config)


def write_checkpoint(folder, reference, made):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dtype, sharded = made.get("dtype", "float32"), made.get("sharded", False)
    stored = reference.to(getattr(torch, dtype))
    if made["layout"] == "original":
        write_weights(folder, to_original(stored.stored()), sharded)
        write_json(folder / "config.json", original_config(stored.model.config, dtype))
        write_json(folder / "generation_config.json", {"_from_model_config": True, "transformers_version": "4.37.2"})
    else:
        spelling = {"save_original_format": made["layout"] == "legacy"}
        stored.model.save_pretrained(folder, **spelling, **({"max_shard_size": SHARD_BYTES} if sharded else {}))
        if reference.slowfast is not None:
            assert made["layout"] == "legacy" and not sharded
            write_weights(folder, stored.stored(), sharded)
        if "older" in made:
            older_config(folder / "config.json")
    write_tokenizer(folder)
    assert sharded == (len(list(folder.glob("*.safetensors"))) > 1)
    written, expected = read_tensors(folder), stored.stored()
    if made["layout"] == "original":
        written = from_original(written)
    elif made["layout"] == "new":
        written = {spelled(name, True): value for name, value in written.items()}
    assert written.keys() == expected.keys(), written.keys() ^ expected.keys()
    assert all(torch.equal(written[name], expected[name]) for name in expected)


def record(name, index, made):
    slots, motion = (made["size"] // 28) ** 2, made.get("motion", False)
    marks = (IMAGE_BEGIN, IMAGE_SLOT, IMAGE_END)
    ids = prompt_ids(made["frames"], slots, 3, 5, seed=index, marks=marks, motion=motion)
    pixels = formula_pixels(made["frames"], made["size"])
    for seed in itertools.count(100 * index):
        reference = random_reference(made, seed)
        rounded = reference.to(torch.bfloat16).to(torch.float32)
        if made.get("dtype") == "bfloat16":
            reference = rounded
        logits = reference.logits(ids, pixels)
        float32_error = (logits - reference.to(torch.float64).logits(ids, pixels)).abs().max().item()
        continuation, margin = reference.continuation(ids, pixels)
        if margin > MARGIN and len(continuation.unique()) > VARIETY and float32_error < STEADY:
            break
    assert torch.equal(continuation, reference.generate(ids, pixels))
    write_checkpoint(OUT / name, reference, made)

    tensors = {"input_ids": ids.int(), "continuation": continuation.int(), "logits": logits[-POSITIONS:].clone()}
    truth = rounded.logits(ids, pixels)[-POSITIONS:]
    if reference is not rounded:
        tensors["rounded_logits"] = truth
    error = rounded.to(torch.bfloat16).logits(ids, pixels)[-POSITIONS:] - truth
    bfloat16 = {"largestError": error.abs().max().item(), "rmsError": error.square().mean().sqrt().item()}
    facts = {"recipe": "recipes/configurations.py", "frames": made["frames"], "imageSize": made["size"], "seed": seed}
    facts |= {"leftOut": LEFT_OUT, "margin": margin, "float32Error": float32_error, "bfloat16": bfloat16}
    write_record(OUT / name, tensors, facts)
    print(f"{name}: seed {seed}, {len(ids)} tokens, logits {truth.min():.2f}..{truth.max():.2f}", end=", ")
    print(f"margin {margin:.3f}, {len(continuation.unique())} ids, float32 {float32_error:.1e}, bfloat16 {bfloat16}")


def main():
    torch.set_num_threads(1)
    for index, (name, made) in enumerate(CONFIGURATIONS.items(), start=1):
        record(name, index, made)


if __name__ == "__main__":
    main()
