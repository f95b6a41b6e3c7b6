# What the scripts that make golden tensors share: writing them as safetensors.
# A script that stands in chapters/NN-name/golden, and is run there, finds this
# file by
#     sys.path.insert(0, "../../../common")
import json
import struct

import numpy as np


def write_safetensors(path, tensors):
    """Writes arrays of numpy or tensors of PyTorch by name, all as F32. What is
    in other types comes as (type, shape, bytes)."""
    header, data = {}, b""
    for name, t in tensors.items():
        if not isinstance(t, tuple):
            t = t.detach() if hasattr(t, "detach") else t
            t = "F32", t.shape, np.asarray(t, "<f4").tobytes()
        kind, shape, numbers = t
        header[name] = {"dtype": kind, "shape": list(shape),
                        "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)
