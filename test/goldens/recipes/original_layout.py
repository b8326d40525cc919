"""The original OpenGVLab layout of InternVL checkpoints: names, config.json and tokenizer files, for recipes and checks.

Names are translated to and from the spelling of the published checkpoints of transformers (`vision_tower.*`,
`multi_modal_projector.*`, `language_model.*`); the language model and the motion parts are spelled alike in both.
"""

import json

import torch
from safetensors.torch import load_file
from tokenizers.pre_tokenizers import ByteLevel

RENAMES = [  # original, transformers
    ("vision_model.embeddings.class_embedding", "vision_tower.embeddings.cls_token"),
    ("vision_model.embeddings.position_embedding", "vision_tower.embeddings.position_embeddings"),
    ("vision_model.embeddings.patch_embedding.", "vision_tower.embeddings.patch_embeddings.projection."),
    ("vision_model.encoder.layers.", "vision_tower.encoder.layer."),
    (".attn.proj.", ".attention.projection_layer."),
    (".attn.", ".attention."),
    (".norm1.", ".layernorm_before."),
    (".norm2.", ".layernorm_after."),
    (".ls1", ".lambda_1"),
    (".ls2", ".lambda_2"),
    ("mlp1.0.", "multi_modal_projector.layer_norm."),
    ("mlp1.1.", "multi_modal_projector.linear_1."),
    ("mlp1.3.", "multi_modal_projector.linear_2."),
]
ADDED_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>"]
MERGES = ["t h", "th e", "Ġ the"]
TOKENS = sorted(ByteLevel.alphabet()) + [merge.replace(" ", "") for merge in MERGES]
PAD, START, END, IMAGE_BEGIN, IMAGE_END, IMAGE_SLOT = range(len(TOKENS), len(TOKENS) + len(ADDED_TOKENS))
VOCABULARY = len(TOKENS) + len(ADDED_TOKENS)


def read_tensors(folder):
    """Every tensor of a folder's weight files, under its name there."""
    return {name: value for file in folder.glob("*.safetensors") for name, value in load_file(file).items()}


def to_original(tensors):
    """Tensors in transformers' spelling → the original one, where q, k and v of the vision tower are one matrix."""
    renamed = {}
    for name, value in tensors.items():
        parts = [name.replace(".attention.q_proj.", f".attention.{part}_proj.") for part in "qkv"]
        if ".attention.q_proj." in name:
            name, value = name.replace("q_proj", "qkv"), torch.cat([tensors[part] for part in parts])
        elif ".attention.k_proj." in name or ".attention.v_proj." in name:
            continue
        for original, other in RENAMES:
            name = name.replace(other, original)
        renamed[name] = value
    return renamed


def from_original(tensors):
    """The way back."""
    renamed = {}
    for name, value in tensors.items():
        for original, other in RENAMES:
            name = name.replace(original, other)
        if ".attention.qkv." in name:
            for part, rows in zip("qkv", value.chunk(3)):
                renamed[name.replace(".qkv.", f".{part}_proj.")] = rows
        else:
            renamed[name] = value
    return renamed


VISION_KEYS = [  # the same in both, then those that have two names
    *[(key, key) for key in ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")],
    *[(key, key) for key in ("norm_type", "layer_norm_eps", "hidden_act", "num_channels")],
    ("qkv_bias", "attention_bias"),
    ("qk_normalization", "use_qk_norm"),
]


def original_config(config, dtype):
    """config.json of the original layout for a configuration of transformers."""
    vision, text = config.vision_config, config.text_config
    size, patch = vision.image_size[0], vision.patch_size[0]
    rope = text.rope_parameters
    return {
        "architectures": ["InternVLChatModel"],
        "auto_map": {"AutoModel": "modeling_internvl_chat.InternVLChatModel"},
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": size,
        "hidden_size": text.hidden_size,
        "image_fold": None,
        "llm_config": {
            "_name_or_path": "another/model",
            "architectures": ["Qwen2ForCausalLM"],
            "attention_dropout": 0.0,
            "bos_token_id": PAD,
            # Not the end of an answer: that is the tokenizer's end of a turn.
            "eos_token_id": PAD,
            **({"head_dim": text.head_dim} if hasattr(text, "head_dim") else {}),
            "hidden_act": "silu",
            "hidden_size": text.hidden_size,
            "intermediate_size": text.intermediate_size,
            "max_position_embeddings": text.max_position_embeddings,
            "max_window_layers": 70,
            "model_type": "qwen2",
            "moe_config": None,
            "num_attention_heads": text.num_attention_heads,
            "num_hidden_layers": text.num_hidden_layers,
            "num_key_value_heads": text.num_key_value_heads,
            "rms_norm_eps": text.rms_norm_eps,
            "rope_scaling": {"factor": rope["factor"], "rope_type": "dynamic", "type": "dynamic"},
            "rope_theta": rope["rope_theta"],
            "sliding_window": None,
            "tie_word_embeddings": config.tie_word_embeddings,
            "torch_dtype": dtype,
            "use_sliding_window": False,
            "vocab_size": text.vocab_size,
        },
        "max_dynamic_patch": 12,
        "min_dynamic_patch": 1,
        "model_type": "internvl_chat",
        "pad2square": False,
        "ps_version": "v2",
        "select_layer": -1,
        "system_message": None,
        "template": "internvl2_5",
        "tie_word_embeddings": config.tie_word_embeddings,
        "torch_dtype": dtype,
        "transformers_version": None,
        "use_backbone_lora": 0,
        "use_llm_lora": 0,
        "use_thumbnail": True,
        "vision_config": {
            "architectures": ["InternVisionModel"],
            "capacity_factor": 1.2,
            "drop_path_rate": 0.1,
            "image_size": size,
            "initializer_factor": 0.1,
            "initializer_range": 1e-10,
            "model_type": "intern_vit_6b",
            "num_experts": 8,
            "patch_size": patch,
            "torch_dtype": dtype,
            "use_flash_attn": True,
            **{original: getattr(vision, other) for original, other in VISION_KEYS},
        },
    }


def from_original_config(config):
    """`vision` and `text` of transformers for a config.json of the original layout, and whether the head is tied."""
    found = config["vision_config"]
    vision = {hf: found[original] for original, hf in VISION_KEYS}
    vision |= {key: found[key] for key in ("image_size", "patch_size")}
    other = ("rope_scaling", "rope_theta", "torch_dtype")
    text = {key: value for key, value in config["llm_config"].items() if key not in other}
    rope = {"rope_theta": config["llm_config"]["rope_theta"], "rope_type": "default"}
    if scaling := config["llm_config"]["rope_scaling"]:
        rope |= {"rope_type": scaling["type"], "factor": scaling["factor"]}
    text["rope_parameters"] = rope
    return vision, text, config["llm_config"]["tie_word_embeddings"]


def write_json(path, content):
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_tokenizer(folder):
    """A byte-level tokenizer of a few merges in the files of the original layout."""
    write_json(folder / "vocab.json", {token: number for number, token in enumerate(TOKENS)})
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
    write_json(folder / "added_tokens.json", {token: len(TOKENS) + i for i, token in enumerate(ADDED_TOKENS)})
