"""Small random InternVL checkpoints of transformers, and what the recipes beside this file do with them."""

import json
import logging
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import InternVLConfig, InternVLForConditionalGeneration

transformers.logging.set_verbosity(logging.ERROR)
transformers.utils.logging.disable_progress_bar()

GOLDENS = Path(__file__).parent.parent
VOCABULARY = 120
PAD, END, IMAGE_BEGIN, IMAGE_END, IMAGE_SLOT = 110, 111, 112, 113, 114
# Fresh models have zeros and ones where a mistake would not show: class token, positions, biases, norms, layer scales.
NOISE = 0.12


def configured(vision, text, tie=False, image_token=IMAGE_SLOT):
    """The configuration of a small model, with what `vision` and `text` say otherwise."""
    return InternVLConfig(
        vision_config={
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 40,
            "attention_bias": True,
            "use_qk_norm": False,
            "norm_type": "layer_norm",
            "layer_norm_eps": 1e-6,
            "image_size": 56,
            "patch_size": 14,
            "layer_scale_init_value": 0.3,
            **vision,
        },
        text_config={
            "model_type": "qwen2",
            "vocab_size": VOCABULARY,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rms_norm_eps": 1e-6,
            "max_position_embeddings": 512,
            "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e6},
            "tie_word_embeddings": tie,
            "bos_token_id": PAD,
            "eos_token_id": END,
            "pad_token_id": PAD,
            **text,
        },
        image_token_id=image_token,
        image_seq_length=4,
        downsample_ratio=0.5,
        tie_word_embeddings=tie,
        attn_implementation="eager",
    )


def build(seed, *config, **more):
    torch.manual_seed(seed)
    model = InternVLForConditionalGeneration(configured(*config, **more)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(NOISE * torch.randn_like(parameter))
    return model


def spelled(name, original):
    """The file's name of a parameter: `original` is the spelling of the published checkpoints."""
    if not original:
        return name
    for ours, theirs in [
        ("model.vision_tower.", "vision_tower."),
        ("model.multi_modal_projector.", "multi_modal_projector."),
        ("model.language_model.", "language_model.model."),
        ("lm_head.", "language_model.lm_head."),
    ]:
        if name.startswith(ours):
            return theirs + name[len(ours) :]
    raise ValueError(name)


def save_checkpoint(model, folder, original=True):
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder, save_original_format=original)
    stored = load_file(folder / "model.safetensors")
    own = {spelled(name, original): value for name, value in model.named_parameters()}
    assert own.keys() == stored.keys(), own.keys() ^ stored.keys()
    assert all(torch.equal(own[name], stored[name]) for name in own)


def prompt_ids(frames, slots, before=3, after=4, seed=0, marks=(IMAGE_BEGIN, IMAGE_SLOT, IMAGE_END), motion=False):
    """Text, then for each frame its slots between their marks, then one slot for the motion if asked, then text."""
    generator = torch.Generator().manual_seed(seed)
    text = lambda count: torch.randint(0, PAD, (count,), generator=generator).tolist()  # noqa: E731
    begin, slot, end = marks
    ids = text(before)
    for count in [slots] * frames + [1] * motion:
        ids += text(1) + [begin] + [slot] * count + [end]
    return torch.tensor(ids + text(after))


def frames_of(count, size, seed):
    """Normalised frames: smooth gradients with noise, so that patches differ and order matters."""
    generator = torch.Generator().manual_seed(seed)
    ramp = torch.linspace(-1, 1, size)
    base = torch.stack([ramp[:, None] + 0 * ramp, ramp + 0 * ramp[:, None], ramp[:, None] * ramp])
    return base * torch.randn(count, 3, 1, 1, generator=generator) + 0.5 * torch.randn(count, 3, size, size, generator=generator)


def forward(model, ids, pixels):
    """Logits [tokens, vocabulary]."""
    inputs = {} if pixels is None else {"pixel_values": pixels}
    return model(input_ids=ids[None], attention_mask=torch.ones_like(ids)[None], **inputs).logits[0]


def write_record(path, tensors, facts):
    """`path`.safetensors with the numbers and `path`.json with the rest."""
    save_file({name: value.detach().contiguous() for name, value in tensors.items()}, path.with_suffix(".safetensors"))
    versions = {"torch": torch.__version__, "transformers": transformers.__version__}
    path.with_suffix(".json").write_text(json.dumps({**facts, **versions}, indent=1) + "\n")
