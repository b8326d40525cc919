#!/bin/sh
# torch 2.13.0, scaled_dot_product_attention on the CPU: a query that holds a NaN gives NaN by the plain implementation and
# zeros by the fused one (the default) when there are fewer keys than a vector register has float32 lanes: 8 by AVX2, 16 by
# AVX-512, in float32 and bfloat16 alike. From that many keys on both give NaN (pytorch/pytorch#141128 mended those). A weight
# that is NaN is then not seen in what follows a short prompt, and a comparison of both implementations blames the wrong one.
#
# Seen: fused, finite for 1 to 7 keys: zeros; plain, finite for none.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0
cat >"$folder/attend.py" <<'END'
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import scaled_dot_product_attention

torch.manual_seed(0)
for name, backend in {"fused": SDPBackend.FLASH_ATTENTION, "plain": SDPBackend.MATH}.items():
    finite = set()
    for dtype in (torch.float32, torch.bfloat16):
        for keys in range(1, 40):
            query = torch.randn(1, 1, 1, 16, dtype=dtype)
            query[..., 0] = torch.nan
            key, value = (torch.randn(1, 1, keys, 16, dtype=dtype) for _ in range(2))
            with sdpa_kernel(backend):
                out = scaled_dot_product_attention(query, key, value)
            if not out.isnan().any():
                finite.add((keys, out.abs().max().item()))
    print(name, sorted(finite))
END
ATEN_CPU_CAPABILITY=avx2 "$folder/venv/bin/python" "$folder/attend.py" 2>/dev/null | tee "$folder/seen"
grep -qx 'fused \[(1, 0.0), (2, 0.0), (3, 0.0), (4, 0.0), (5, 0.0), (6, 0.0), (7, 0.0)\]' "$folder/seen"
grep -qx 'plain \[\]' "$folder/seen"
