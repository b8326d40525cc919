"""Records test/goldens/tokenizer/: a small byte-level BPE shaped like Qwen2's, and the ids and texts that the Python
tokenizers library gives for many strings.

    python test/goldens/recipes/tokenizer.py        needs: tokenizers
"""

import json
import random
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = Path(__file__).parent.parent / "tokenizer"
MERGES = 64
STRINGS = 420

# The alternatives of Qwen2's split, in their order: contractions; an optional odd character and letters; one digit;
# an optional space, other characters and line ends; white space up to a line end; trailing white space; the rest.
SPLIT = "|".join(
    [
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)",
        r"[^\r\n\p{L}\p{N}]?\p{L}+",
        r"\p{N}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)

SPECIAL = ["<|im_end|>", "<|endoftext|>", "<|im_start|>", "<img>", "</img>", "<IMG_CONTEXT>"]
PLAIN = ["<tool_call>", "</tool_call>"]

TRAINING_TEXT = [
    "the video is sharp and the motion is smooth, so the quality is good",
    "there is noise and blur in the dark frames; the video stutters twice",
    "<think> compression blocks are visible </think> <answer> 2.75 </answer>",
    "it's a bright clip, they've kept the exposure; we'll call it fair",
]

WRITTEN = [
    "",
    " ",
    "  two  spaces  ",
    "\n\n\r\n\t tabs and lines \n",
    "Frame1: <img><IMG_CONTEXT><IMG_CONTEXT></img>\nMotion Feature: <img><IMG_CONTEXT></img>\n",
    "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n",
    "<think>a</think>\n<answer> 3.50 </answer>",
    "<IMG_CONTEXT",
    "<<img>>",
    "<tool_call>{}</tool_call>",
    "it's IT'S they'Re we'LL I'd",
    "0123456789 3.14159 1,000,000",
    "e\u0301 e\u0301e\u0301 \u00e9 A\u030a \u212b \ufb01",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8 \u4e2d\u6587 \ud55c\uad6d\uc5b4 \u1112\u1161\u11ab",
    "\u0627\u0644\u062c\u0648\u062f\u0629 \u05d0\u05d9\u05db\u05d5\u05ea",
    "\U0001f600\U0001f3fd\u200d\U0001f680 \U0001f1e9\U0001f1ea",
    "\u00a0\u2003\u3000\u200b\ufeff",
    "\u0660\u0661 \u00bd \u2167 \u0e51",
    "don\u2019t \u201cquote\u201d \u2014 dash\u2026",
    "a.b , c ! d ? n't it 's",
    "\x00\x01\x7f\x85",
]

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz     ",
    "ABCdef123 .,;:!?'\"-()[]{}<>/|\\@#$%^&*_+=~`",
    " \t\n\r\u00a0\u2028\u2003",
    "\u0301\u0308\u0327aeiounAEIOUN",
    "\u4e00\u4e8c\u3042\u30ab\uac00\u1100\u1161\u11a8",
    "\U0001f600\U0001f44d\u200d\ufe0f\U0001f3fb\u2764",
]


def build():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + MERGES, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TRAINING_TEXT, trainer)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in SPECIAL])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in PLAIN])
    return tokenizer


def strings():
    random.seed(20)
    pieces = SPECIAL + PLAIN + TRAINING_TEXT
    made = list(WRITTEN)
    while len(made) < STRINGS:
        parts = []
        for _ in range(random.randint(1, 4)):
            if random.random() < 0.2:
                parts.append(random.choice(pieces))
            else:
                alphabet = random.choice(ALPHABETS)
                parts.append("".join(random.choice(alphabet) for _ in range(random.randint(1, 12))))
        made.append("".join(parts))
    return made


def main():
    OUT.mkdir(exist_ok=True)
    tokenizer = build()
    tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
    cases = []
    for text in strings():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        cases.append([text, ids, tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)])
    # Ids in any order: bytes that form no character, and ids beyond the vocabulary.
    random.seed(21)
    size = tokenizer.get_vocab_size()
    loose = []
    for _ in range(60):
        ids = [random.randrange(size + 5) for _ in range(random.randint(0, 12))]
        loose.append([ids, tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False)])
    record = {"recipe": "recipes/tokenizer.py", "tokenizers": tokenizers.__version__, "encode": cases, "decode": loose}
    lines = ["{"]
    for key, value in record.items():
        comma = "" if key == "decode" else ","
        if isinstance(value, str):
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}{comma}")
        else:
            rows = ",\n".join(json.dumps(row) for row in value)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]{comma}")
    (OUT / "cases.json").write_text("\n".join([*lines, "}", ""]))


main()
