"""Attention. PyTorch 1.13 has no scaled_dot_product_attention of its own: written out; its modules are PyTorch's."""
import math

import torch
from frame import function, module, normal, numbers

CASES = {}


def attend(q, k, v, mask=None):
    """softmax(q·kᵀ/√d)·v, `mask` of truth values (what is attended to) or added."""
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask
    return torch.softmax(scores, -1) @ v


def causal(length, others):
    return torch.ones(length, others, dtype=torch.bool).tril()


def qkv(*batch, length=3, others=4):
    return {"q": normal(*batch, length, 2), "k": normal(*batch, others, 2), "v": normal(*batch, others, 3)}


CASES["attention"] = function(lambda c: attend(c.q, c.k, c.v), **qkv())
CASES["attention_batch"] = function(lambda c: attend(c.q, c.k, c.v), **qkv(2, 2))
CASES["attention_causal"] = function(lambda c: attend(c.q, c.k, c.v, causal(3, 4)), **qkv(2))
MASK = [[True, False, True, False], [True, True, False, False], [False, False, False, True]]
CASES["attention_masked"] = function(lambda c: attend(c.q, c.k, c.v, c.mask), mask=numbers(MASK), **qkv(2))
CASES["attention_bias"] = function(lambda c: attend(c.q, c.k, c.v, c.mask), mask=normal(3, 4), **qkv(2))
CASES["attention_scale"] = function(lambda c: attend(c.q * 0.3 * math.sqrt(2), c.k, c.v), {"scale": 0.3}, **qkv())


def multihead(**options):
    return lambda: torch.nn.MultiheadAttention(4, 2, batch_first=True, **options)


CASES["multihead"] = module(multihead(), lambda m, c: m(c.x, c.x, c.x, need_weights=False)[0], x=normal(2, 3, 4))
CASES["multihead_causal"] = module(multihead(), lambda m, c: m(c.x, c.x, c.x, need_weights=False, attn_mask=~causal(3, 3))[0],
                                   x=normal(2, 3, 4))
CASES["multihead_cross"] = module(multihead(), lambda m, c: m(c.q, c.k, c.v, need_weights=False)[0], q=normal(2, 3, 4),
                                  k=normal(2, 5, 4), v=normal(2, 5, 4))
CASES["multihead_padding"] = module(multihead(bias=False),
                                    lambda m, c: m(c.x, c.x, c.x, need_weights=False, key_padding_mask=~c.present)[0],
                                    x=normal(2, 3, 4), present=numbers([[True, True, False], [True, True, True]]))


def encoder(**options):
    return lambda: torch.nn.TransformerEncoderLayer(4, 2, dim_feedforward=6, dropout=0.0, batch_first=True, **options)


CASES["encoder_post_norm"] = module(encoder(activation="gelu"), lambda m, c: m(c.x), x=normal(2, 3, 4))
CASES["encoder_pre_norm"] = module(encoder(activation="gelu", norm_first=True),
                                   lambda m, c: m(c.x, src_mask=~causal(3, 3)), x=normal(2, 3, 4))
