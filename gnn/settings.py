"""What one fit may be told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainSettings:
    """Sizes and rates of one fit; the defaults were chosen on Online Retail before 2011-08-01 and on the small shop.

    Attributes:
        seed: of every draw; equal seed, data and machine give equal vectors.
        width: numbers a vector holds, the two for prior and normaliser among them.
        text_width: directions kept of the names' n-grams.
        attribute_width: directions kept of brand, category path and supplier.
        signature_width: random numbers a product carries through the graph, so that neighbours can be told apart.
        hidden: width of the hidden layer.
        epochs: passes of the shared network over all folds.
        own_epochs: passes of the products' own vectors over all pairs.
        drawn_epochs: the same in catalogues larger than `max_candidates`, where a step moves only what was drawn.
        num_folds: parts the pairs are cut into; a pair's features never see the edges of its own part.
        batch: anchors a step.
        max_candidates: the largest catalogue whose softmax is exact; in larger ones it is over `drawn_candidates`.
        drawn_candidates: products drawn for a step in such a catalogue.
        trunk_candidates: the most for the shared network, whose every candidate costs more.
        max_steps: of each part of a head's training; large catalogues are passed over fewer times than asked.
        prior_power: share of a candidate's log popularity taken off its score: 0 keeps popular ones, 1 is lift.
        mass_power: how much more an anchor with strong ties counts in a basket than one with weak ties.
        without: ingredients left out, for ablations: see `evaluation/ablation.py`.
        num_threads: that search over all pairs; 0 takes every core. Vectors are the same by any number.
        device: `cpu`, or `cuda` for one graphics card (a process).
    """

    seed: int = 0
    width: int = 128
    text_width: int = 64
    attribute_width: int = 24
    signature_width: int = 32
    hidden: int = 256
    epochs: int = 2
    own_epochs: int = 25
    drawn_epochs: int = 50
    num_folds: int = 5
    batch: int = 512
    max_candidates: int = 8192
    drawn_candidates: int = 2048
    trunk_candidates: int = 1024
    max_steps: int = 1000
    learning_rate: float = 0.01
    weight_decay: float = 1e-4
    prior_power: float = 0.0
    mass_power: float = 0.5
    without: tuple[str, ...] = ()
    num_threads: int = 0
    device: str = "cpu"

    def is_exact(self, num_products: int) -> bool:
        """Whether a catalogue's softmax is over all its products in every step."""
        return num_products <= self.max_candidates
