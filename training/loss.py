"""The losses: tell copies from strangers (NT-Xent), and spread the strangers out (KoLeo)."""

import torch
import torch.nn.functional as F


def contrast(vectors, temperature=0.05, spread=0.5):
    """NT-Xent + spread x KoLeo over views [2n, d]; rows i and i + n show the same picture.

    Returns (loss, share of views whose nearest other view is their copy).
    NT-Xent: cross-entropy of finding one's copy among the 2n - 1 other views, by cosine / temperature.
    KoLeo: minus the log of the distance to the nearest stranger. It acts on the closest false pair of
    each view, which is what decides the recall at high precision.
    """
    vectors = F.normalize(vectors.float(), dim=1)
    count = len(vectors)
    rows = torch.arange(count, device=vectors.device)
    copy = (rows + count // 2) % count
    cosine = vectors @ vectors.T
    own = torch.zeros(count, count, dtype=torch.bool, device=vectors.device)
    own[rows, rows] = True
    logits = (cosine / temperature).masked_fill(own, float("-inf"))
    find = F.cross_entropy(logits, copy)
    with torch.no_grad():
        found = (logits.argmax(1) == copy).float().mean()
    own = own.clone()
    own[rows, copy] = True
    nearest = cosine.masked_fill(own, -1).amax(1)
    distance = (2 - 2 * nearest).clamp_min(1e-6).sqrt()
    return find - spread * distance.log().mean(), found
