"""A small network that judges pairs: both products' words and meaning, compared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import torch
from torch import Tensor, nn

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
WORD_BUCKETS = 2**14
EPOCHS = 12
MOST_STEPS = 1_000
"""Of training; more labels are passed over fewer times, though twice at least."""
BATCH = 256
BLOCK = 8192


class PairNetwork(nn.Module):
    """Logits of the three kinds from products' words and spaces, and from columns of the pair; the same both ways.

    Args:
        num_columns: of what is compared of a pair.
        num_features: of a product's spaces.
    """

    def __init__(self, num_columns: int, num_features: int, *, width: int = 48, hidden: int = 96) -> None:
        super().__init__()
        self.words = nn.EmbeddingBag(WORD_BUCKETS, width, mode="sum")
        nn.init.normal_(self.words.weight, std=0.01)
        self.spaces = nn.Linear(num_features, width)
        self.judge = nn.Sequential(
            nn.Linear(num_columns + 4 * width, hidden), nn.GELU(), nn.Dropout(0.3), nn.Linear(hidden, 3)
        )
        self.crossed = nn.Parameter(0.05 * torch.randn(width, width))
        self.drop = nn.Dropout(0.2)

    def products(self, words: tuple[Tensor, Tensor, Tensor], spaces: Tensor) -> Tensor:
        """One vector a product `[num_rows, width]`; words as indices, offsets and weights."""
        return self.drop(self.words(words[0], words[1], per_sample_weights=words[2]) + self.spaces(spaces))

    def forward(self, left: Tensor, right: Tensor, columns: Tensor) -> Tensor:
        """Logits `[num_pairs, 3]` of pairs of product vectors."""
        turned = left @ self.crossed, right @ self.crossed
        crossed = turned[0] * right + turned[1] * left
        return self.judge(torch.cat([left * right, (left - right).abs(), left + right, crossed, columns], dim=1))


@dataclass(frozen=True)
class ProductInputs:
    """What the network reads of products.

    Attributes:
        words: `[num_products, WORD_BUCKETS]` weights, rows of length 1 or 0.
        spaces: `[num_products, num_features]`.
    """

    words: sp.csr_matrix
    spaces: Floats

    def of(self, rows: Rows) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
        """Tensors of some products' words and spaces."""
        part = self.words[rows]
        words = (
            torch.from_numpy(part.indices.astype(np.int64)),
            torch.from_numpy(part.indptr[:-1].astype(np.int64)),
            torch.from_numpy(part.data.astype(np.float32)),
        )
        return words, torch.from_numpy(self.spaces[rows])


def product_inputs(vocabulary: sp.csr_matrix, spaces: Floats) -> ProductInputs:
    """Words folded into WORD_BUCKETS, beside the spaces."""
    indices = vocabulary.indices % WORD_BUCKETS
    words = sp.csr_matrix((vocabulary.data, indices, vocabulary.indptr), shape=(vocabulary.shape[0], WORD_BUCKETS))
    words.sum_duplicates()
    lengths = np.sqrt(np.asarray(words.multiply(words).sum(axis=1)).ravel())
    return ProductInputs(sp.csr_matrix(sp.diags(1.0 / np.maximum(lengths, 1e-9)) @ words), spaces)


def fit_network(
    inputs: ProductInputs, left: Rows, right: Rows, columns: Floats, kinds: Rows, *, seed: int
) -> PairNetwork:
    """A network fitted to labelled pairs by cross-entropy, smoothed by a twentieth."""
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    network = PairNetwork(columns.shape[1], inputs.spaces.shape[1])
    a_pass = -(-len(kinds) // BATCH)
    epochs = min(EPOCHS, max(2, MOST_STEPS // a_pass))
    steps = epochs * a_pass
    optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.02, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps + 1)
    truth = torch.from_numpy(kinds)
    network.train()
    for _ in range(epochs):
        order = generator.permutation(len(kinds))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            logits = _logits(network, inputs, left[batch], right[batch], columns[batch])
            loss = nn.functional.cross_entropy(logits, truth[batch], label_smoothing=0.05)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def network_says(
    network: PairNetwork, inputs: ProductInputs, left: Rows, right: Rows, columns: Floats
) -> npt.NDArray[np.float64]:
    """Probabilities of the three kinds `[num_pairs, 3]`."""
    parts = [np.empty((0, 3))]
    for start in range(0, len(left), BLOCK):
        stop = start + BLOCK
        logits = _logits(network, inputs, left[start:stop], right[start:stop], columns[start:stop])
        parts.append(torch.softmax(logits.double(), dim=1).numpy())
    return np.concatenate(parts)


def _logits(network: PairNetwork, inputs: ProductInputs, left: Rows, right: Rows, columns: Floats) -> Tensor:
    one, other = network.products(*inputs.of(left)), network.products(*inputs.of(right))
    return network(one, other, torch.from_numpy(columns))
