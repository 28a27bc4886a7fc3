"""Fits shared by the processes that torchrun starts: each takes its part of every step, and all hold one model."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import torch
import torch.distributed as dist
from torch import Tensor

PATIENCE: Final = timedelta(hours=12)
"""How long a process waits for the first one, which counts receipts before there is anything to share."""


def is_shared() -> bool:
    """Whether other processes take part."""
    return dist.is_initialized() and dist.get_world_size() > 1


def shard(num_rows: int) -> slice:
    """The rows of this process: all of them where it is alone."""
    if not is_shared():
        return slice(0, num_rows)
    rank, number = dist.get_rank(), dist.get_world_size()
    return slice(num_rows * rank // number, num_rows * (rank + 1) // number)


def whole(part: Tensor, num_rows: int) -> Tensor:
    """All processes' rows `[num_rows, …]` out of each one's own; gradients find their way back."""
    return _Whole.apply(part, num_rows) if is_shared() else part


class _Whole(torch.autograd.Function):
    """Parts laid into zeros and added up; backwards, each process's gradients added up and its part taken."""

    @staticmethod
    def forward(ctx: Any, part: Tensor, num_rows: int) -> Tensor:  # noqa: ARG004 (torch's own names)
        laid = part.new_zeros((num_rows, *part.shape[1:]))
        laid[shard(num_rows)] = part
        dist.all_reduce(laid)
        return laid

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # noqa: ARG004
        total = gradient.contiguous().clone()
        dist.all_reduce(total)
        return total[shard(len(total))], None


def add_up(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Give every parameter the sum of all processes' gradients; sparse ones are of the same rows in each."""
    for parameter in parameters if is_shared() else ():
        if parameter.grad is not None:
            dist.all_reduce(parameter.grad._values() if parameter.grad.is_sparse else parameter.grad)


def handed_out(task: Any) -> Any:
    """The first process's task, for every process; None ends the others' work."""
    if not is_shared():
        return task
    box = [task]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def handed_over(values: Tensor) -> Tensor:
    """The first process's values, in every process."""
    if is_shared():
        values = values.to("cuda" if dist.get_backend() == "nccl" else "cpu").contiguous()
        dist.broadcast(values, src=0)
    return values


@contextmanager
def crew(device: str) -> Iterator[bool]:
    """The processes that torchrun started, joined; whether this is the first, which is so without torchrun too.

    When the first is done the others are told that there is nothing left to do.
    """
    if not dist.is_torchelastic_launched():
        yield True
        return
    dist.init_process_group("nccl" if device == "cuda" else "gloo", timeout=PATIENCE)
    try:
        if device == "cuda":
            torch.cuda.set_device(dist.get_node_local_rank())
        yield dist.get_rank() == 0
        if dist.get_rank() == 0:
            handed_out(None)
    finally:
        dist.destroy_process_group()
