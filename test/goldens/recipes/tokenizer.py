"""Records test/goldens/tokenizer/tokenizer.json and cases.json.gz: a byte-level BPE shaped like Qwen2's, and the ids and
texts that the Python tokenizers library gives for 10,000 strings.

    python test/goldens/recipes/tokenizer.py        needs: tokenizers

The vocabulary is trained on text made here, of many scripts, so that merges run through words, marks, spaces and the
bytes of one character. The same vocabulary is then built a second time from vocab.json and merges.txt; both must agree.
"""

import gzip
import json
import random
import tempfile
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

OUT = Path(__file__).parent.parent / "tokenizer"
MERGES = 4000
STRINGS = 10_000
LOOSE = 1000

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

SCRIPTS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "accents": "aàáâãäåæcçeèéêëiìíîïnñoòóôõöøuùúûüyýßœšžğłđőű",
    "greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяёїєіґ",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأإ",
    "devanagari": "अआइईउऊएऐओकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह\u093e\u093f\u0940\u0941\u0942\u0947\u094b\u094d",
    "thai": "กขคงจฉชซญดตถทธนบปผพฟภมยรลวศสหอ\u0e31\u0e34\u0e35\u0e48\u0e49",
    "hangul": "가각간갈감강개거건걸검게겨경고공과관광교구국군권규그극근금기김나난날남내너노는다단달대더도동되두드들등라러로를리마만많말맛매면명모무문물미민바반받발방",
    "kana": "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんアイウエオカキクケコ",
    "han": "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长视频质量画面清晰模糊噪声",
}

EMOJI = [
    "\U0001f600", "\U0001f44d", "\U0001f44d\U0001f3fd", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f469\U0001f3ff\u200d\U0001f680", "\u2764\ufe0f", "\u2764\ufe0f\u200d\U0001f525", "\U0001f1e9\U0001f1ea",
    "\U0001f1ef\U0001f1f5", "1\ufe0f\u20e3", "#\u20e3", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\U0001f9d1\U0001f3fb\u200d\U0001f91d\u200d\U0001f9d1\U0001f3fe", "\u2600", "\u2600\ufe0e", "\U0001fae8", "\U0001f3fb", "\u200d",
]  # fmt: skip

CODE = [
    "def f(x):\n    return x[::-1]  # reversed\n", "for (let i = 0; i < n; ++i) {\n\tsum += a[i] ** 2;\n}\n",
    "if (a != null && b?.c ?? d) { return `${a}`; }", "#include <vector>\nstd::vector<int> v{1, 2, 3};\n",
    "SELECT COUNT(*) FROM videos WHERE score >= 3.75;", "<div class=\"x\">&nbsp;</div>\r\n", "{\"key\": [1.5e-3, null, true]}",
    "\\frac{1}{N}\\sum_{i=1}^{N} \\hat{A}_i", "a->b::c<T&&>()", "/* note */ // end", "x = y = 0x1F | ~z << 3;", "$ ls -la ~/.cache\n",
]  # fmt: skip

WRITTEN = [
    "", " ", "  two  spaces  ", "\n\n\r\n\t tabs and lines \n",
    "Frame1: <img><IMG_CONTEXT><IMG_CONTEXT></img>\nMotion Feature: <img><IMG_CONTEXT></img>\n",
    "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n", "<think>a</think>\n<answer> 3.50 </answer>",
    "<IMG_CONTEXT", "<<img>>", "<tool_call>{}</tool_call>", "<tool_call>\u0338 <img>\u0338 \u226f", "it's IT'S they'Re we'LL I'd",
    "'\u017f '\u017ft x'\u017fy don'\u017f", "\u2126 \u212a \u212b \u037e \u1fef", "don\u2019t \u201cquote\u201d \u2014 dash\u2026",
    "0123456789 3.14159 1,000,000", "\u00a0\u2003\u3000\u200b\ufeff", "a.b , c ! d ? n't it 's", "\x00\x01\x7f\x85",
    # Composites of Unicode 13 and 16, which the library's NFC leaves apart, and one that it knows.
    "\U00011935\U00011930 \U000105d2\u0307 \U00011382\U000113c9 \U0001611e\U0001611e \U00016d67\U00016d67 \U00011938\U00016d68 \U00011131\U00011127",
    # Marks after Unicode 9, which it does not move, between marks that it does.
    "a\u0301\u1abf\u0316 a\u1df6\u0301 e\u08ca\u0301 o\U0001e130\u0308\u0323 \u0995\u09fe\u09bc",
    # Letters of Unicode 16 and 17 beside letters and marks.
    "a\ua7ce \ua7cd! \U00032500\U00032500 x\U000323b0y \U00010d50\U00010940 1\U00011de0\U00016ff4 \u088f\u0628",
]  # fmt: skip


def words(draw, alphabet, count):
    return ["".join(draw.choices(alphabet, k=draw.randint(1, 9))) for _ in range(count)]


def training_text():
    """Sentences of words of one script each; frequent words come first, as in language."""
    draw = random.Random(30)
    lines = []
    for alphabet in SCRIPTS.values():
        vocabulary = words(draw, alphabet, 400)
        weights = [1 / (rank + 1) for rank in range(len(vocabulary))]
        for _ in range(400):
            sentence = draw.choices(vocabulary, weights, k=draw.randint(3, 12))
            if draw.random() < 0.3:
                sentence[0] = sentence[0].capitalize()
            lines.append(draw.choice([" ", " ", ", ", ""]).join(sentence) + draw.choice([".", "!", "?\n", "...", "。", ""]))
    lines += [text for text in CODE for _ in range(20)]
    lines += ["".join(draw.choices(EMOJI, k=3)) + " " for _ in range(300)]
    lines += ["it's they've we'll I'm he'd don't you're", "   \n\n\t\t  \r\n"] * 30
    return lines


def build():
    tokenizer = Tokenizer(models.BPE())
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=len(alphabet) + MERGES, initial_alphabet=alphabet, show_progress=False)
    dress(tokenizer)
    tokenizer.train_from_iterator(training_text(), trainer)
    add(tokenizer)
    return tokenizer


def dress(tokenizer):
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(SPLIT), behavior="isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()


def add(tokenizer):
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in SPECIAL])
    tokenizer.add_tokens([AddedToken(text, normalized=False) for text in PLAIN])


def from_files(tokenizer):
    """The same tokenizer out of vocab.json and merges.txt."""
    with tempfile.TemporaryDirectory() as folder:
        other = Tokenizer(models.BPE.from_file(*tokenizer.model.save(folder)))
    dress(other)
    add(other)
    return other


def any_character(draw):
    """From any plane; half of them from the planes that are in use."""
    while True:
        code = draw.randrange(0x110000) if draw.random() < 0.5 else draw.choice([draw.randrange(0x3000), draw.randrange(0x20000)])
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code)


def characters_of(*categories):
    return [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in categories]


MARKS = characters_of("Mn", "Mc", "Me")
NUMBERS = characters_of("Nd", "Nl", "No")
CONTROLS = characters_of("Cc", "Cf")
SPACES = [*characters_of("Zs", "Zl", "Zp"), *"\t\n\r\x0b\x0c\x85"]
DECOMPOSABLE = [chr(code) for code in range(0x30000) if unicodedata.normalize("NFD", chr(code)) != chr(code)]


def sentence(draw):
    alphabet = draw.choice(list(SCRIPTS.values()))
    made = words(draw, alphabet, draw.randint(1, 5))
    return draw.choice([" ", " ", ", ", "-", ""]).join(draw.choice([str.lower, str.upper, str.capitalize])(word) for word in made)


def accents(draw):
    return "".join(draw.choice("aeioucnyAEO \u05d0\u0628\u0915\u3042") + "".join(draw.choices(MARKS, k=draw.randint(0, 4))) for _ in range(6))


def composed(draw):
    letters = draw.choices(DECOMPOSABLE, k=draw.randint(1, 8))
    return "".join(unicodedata.normalize(draw.choice(["NFC", "NFD", "NFKD"]), letter) for letter in letters)


def jamo(draw):
    return "".join(chr(draw.choice([0x1100, 0x1161, 0x11A7, 0xAC00]) + draw.randrange(20)) for _ in range(draw.randint(1, 8)))


def contraction(draw):
    tail = "".join(draw.choice([str.lower, str.upper])(letter) for letter in draw.choice(["s", "t", "re", "ve", "m", "ll", "d", "\u017f"]))
    return "".join(draw.choices("abIz1 \u00e9", k=draw.randint(0, 3))) + draw.choice(["'", "'", "\u2019", "''"]) + tail + draw.choice(["", " ", "x", "s"])


def marked(draw):
    token = draw.choice(SPECIAL + PLAIN)
    broken = token[: draw.randint(1, len(token))]
    return draw.choice([token, token * 3, broken, f"<{token}>", f" {token} ", token.swapcase(), token + draw.choice(MARKS)])


KINDS = [
    sentence,
    sentence,
    accents,
    composed,
    jamo,
    contraction,
    marked,
    lambda draw: "".join(draw.choices(SCRIPTS["han"] + SCRIPTS["kana"] + "，。！？「」", k=draw.randint(1, 12))),
    lambda draw: "".join(draw.choices(EMOJI, k=draw.randint(1, 4))),
    lambda draw: draw.choice(CODE)[draw.randint(0, 6) :],
    lambda draw: "".join(draw.choices([*NUMBERS, *"0123456789.,%"], k=draw.randint(1, 10))),
    lambda draw: draw.choice(SPACES) * draw.randint(1, 30) + "".join(draw.choices(SPACES, k=draw.randint(0, 6))),
    lambda draw: "".join(any_character(draw) for _ in range(draw.randint(1, 8))),
    lambda draw: "".join(draw.choices(CONTROLS, k=draw.randint(1, 4))),
    lambda draw: "".join(draw.choices(".,:;!?'\"()[]{}<>/|\\@#$%^&*_+=~`-\n ", k=draw.randint(1, 10))),
]


def strings():
    draw = random.Random(31)
    made = dict.fromkeys(WRITTEN)
    while len(made) < STRINGS:
        # One kind alone, or several beside each other.
        pieces = [draw.choice(KINDS)(draw)] if len(made) % 2 else [draw.choice(KINDS)(draw) for _ in range(draw.randint(2, 3))]
        made[draw.choice(["", "", " "]).join(pieces)] = None
    return list(made)


def main():
    OUT.mkdir(exist_ok=True)
    tokenizer = build()
    tokenizer.save(str(OUT / "tokenizer.json"), pretty=False)
    other = from_files(tokenizer)
    # text, ids, the ids' text without special tokens and with them; null where it is the text itself.
    rows = []
    for text in strings():
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        assert ids == other.encode(text, add_special_tokens=False).ids, text
        decoded = [tokenizer.decode(ids, skip_special_tokens=skip) for skip in (True, False)]
        rows.append([text, ids, *(None if back == text else back for back in decoded)])
    # Ids in any order: bytes that form no character, and ids beyond the vocabulary.
    draw = random.Random(32)
    size = tokenizer.get_vocab_size()
    loose = []
    for _ in range(LOOSE):
        ids = [draw.randrange(draw.choice([256, size + 5])) for _ in range(draw.randint(0, 8))]
        loose.append([ids, *(tokenizer.decode(ids, skip_special_tokens=skip) for skip in (True, False))])
    record = {"recipe": "recipes/tokenizer.py", "tokenizers": tokenizers.__version__, "encode": rows, "decode": loose}
    content = json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode()
    (OUT / "cases.json.gz").write_bytes(gzip.compress(content, mtime=0))
    print(f"{len(rows)} strings, {sum(len(row[1]) for row in rows)} ids, {len(content)} bytes")


if __name__ == "__main__":
    main()
