"""The network: a small ResNet, and the descriptor that is taken from its last block."""

import torch
import torch.nn.functional as F
from torch import nn

WIDTHS = (32, 64, 128, 256)
DEPTHS = (1, 2, 2, 2)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; [n, inside, h, w] -> [n, outside, h/stride, w/stride]."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        # Each block begins as its shortcut alone: a deep net then trains from the first step.
        nn.init.zeros_(self.bn2.weight)
        self.short = None
        if stride != 1 or inside != outside:
            self.short = nn.Sequential(
                nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside)
            )

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.short is None else self.short(x)))


class Trunk(nn.Module):
    """Normalised RGB [n, 3, h, w] -> activations of the last block after ReLU [n, 256, h/32, w/32]."""

    def __init__(self, widths=WIDTHS, depths=DEPTHS):
        super().__init__()
        self.stem = nn.Conv2d(3, widths[0], 5, 2, 2, bias=False)
        self.stem_bn = nn.BatchNorm2d(widths[0])
        self.pool = nn.MaxPool2d(3, 2, 1)
        blocks, inside = [], widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths)):
            for i in range(depth):
                blocks.append(BasicBlock(inside, width, 2 if stage > 0 and i == 0 else 1))
                inside = width
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(self.pool(F.relu(self.stem_bn(self.stem(x)))))


class Net(nn.Module):
    """The trunk, and a linear head that only the training sees."""

    def __init__(self, head=256):
        super().__init__()
        self.trunk = Trunk()
        self.head = nn.Linear(2 * WIDTHS[-1], head)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        """Normalised RGB [n, 3, h, w] -> pooled activations [n, 512] and head [n, 256], both unnormalised."""
        pooled = concat_pool(self.trunk(x).float())
        return pooled, self.head(pooled)


def concat_pool(activations):
    """[n, c, h, w] -> [n, 2c]: the maximum of each channel, then the mean of each channel."""
    return torch.cat([activations.amax((2, 3)), activations.mean((2, 3))], 1)


def normalise(pictures):
    """RGB [n, 3, h, w] in 0..1 -> what the trunk takes."""
    mean = torch.tensor(MEAN, device=pictures.device).view(1, 3, 1, 1)
    std = torch.tensor(STD, device=pictures.device).view(1, 3, 1, 1)
    return (pictures - mean).div_(std)


@torch.no_grad()
def describe(trunk, pictures, batch=128):
    """uint8 [n, s, s, 3] -> unit descriptors float32 [n, 512]: what the program stores."""
    trunk.eval()
    device = next(trunk.parameters()).device
    out = []
    for start in range(0, len(pictures), batch):
        part = torch.from_numpy(pictures[start : start + batch].copy()).to(device)
        part = normalise(part.permute(0, 3, 1, 2).float() / 255)
        out.append(F.normalize(concat_pool(trunk(part.contiguous(memory_format=torch.channels_last))), dim=1))
    return torch.cat(out).float().cpu().numpy()
