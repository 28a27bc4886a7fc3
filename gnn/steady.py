"""What a fit runs on: deterministic torch on one thread, or on one graphics card."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist

from gnn.settings import TrainSettings
from schema.errors import Unavailable


def best_device(asked: str) -> str:
    """`cuda` or `cpu`: what was asked for, and for `auto` the graphics card where there is one.

    Raises:
        Unavailable: if a graphics card was asked for and there is none that torch can use.
    """
    if asked == "cuda" and not torch.cuda.is_available():
        raise Unavailable("torch finds no graphics card.", remedy="Train with --device cpu.")
    if asked != "auto":
        return asked
    return "cuda" if torch.cuda.is_available() else "cpu"


def search_threads(settings: TrainSettings) -> int:
    """How many threads search over all pairs: as told, or every core, shared with the processes beside this one."""
    beside = dist.get_world_size() if dist.is_initialized() else 1
    return settings.num_threads or max(1, len(os.sched_getaffinity(0)) // beside)


@contextmanager
def steady_torch(settings: TrainSettings) -> Iterator[None]:
    """Torch with deterministic algorithms on one thread, put back as it was afterwards.

    Steps are too small for more: threads would wait for each other.
    """
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.random.fork_rng(devices=[torch.cuda.current_device()] if settings.device == "cuda" else []):
            yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)
