"""Records test/goldens/tokenizer/unicode.json: how the Python tokenizers library splits and normalises around the
characters of the planes in use, without the insides of the long runs of ideographs, syllables and private use.

    python test/goldens/recipes/unicode.py        needs: tokenizers

A vocabulary in which "a", "+" and a space each merge with any byte after them shows in its ids what a character is to
the split: "a" and "+" are joined by a letter, "+" alone by a mark, the space by all but a number. Accents around the
character show whether it moves or composes.
"""

import hashlib
import json

import tokenizers
from tokenizer import OUT, add, dress
from tokenizers import Tokenizer, models, pre_tokenizers

BLOCK = 1024
INSIDE = [(0x3800, 0x9C00), (0xB000, 0xD400), (0xE400, 0xF800), (0x17400, 0x18400)]
PLANES_0_AND_1 = [block for block in range(0, 0x20000, BLOCK) if not any(start <= block < end for start, end in INSIDE)]
#: The ends of the runs of ideographs, and the tags.
BEYOND = [0x20000, 0x2A400, 0x2B400, 0x2B800, 0x2CC00, 0x2E800, 0x2F800, 0x30000, 0x31000, 0x32000, 0x33400, 0xE0000]
BLOCKS = PLANES_0_AND_1 + BEYOND


def build():
    symbols = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [(opener, symbol) for opener in ["a", "+", "\u0120"] for symbol in symbols]
    tokens = symbols + [left + right for left, right in merges]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    dress(tokenizer)
    add(tokenizer)
    return tokenizer


def text_of(block):
    characters = [chr(code) for code in range(block, block + BLOCK) if not 0xD800 <= code <= 0xDFFF]
    return "".join(f"a{c}\n+{c}\n {c}\ne\u0345{c}\u0301\u0316\n" for c in characters)


def digest(ids):
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:8]


def main():
    tokenizer = build()
    blocks = {f"{block:x}": digest(tokenizer.encode(text_of(block), add_special_tokens=False).ids) for block in BLOCKS}
    record = {"recipe": "recipes/unicode.py", "tokenizers": tokenizers.__version__, "blocks": blocks}
    (OUT / "unicode.json").write_text(json.dumps(record, indent=0) + "\n")


main()
