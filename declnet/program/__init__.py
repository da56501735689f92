"""A spec as graphs: what is checked, compiled, trained, measured and served is one Program.

program   each model, made when it is first asked for
step      the graphs of training
update    schedule, clipping, optimizer, constraints
served    the model that an export writes
"""

from declnet.program.program import Program
from declnet.program.served import PREFIX, add_metadata
from declnet.program.step import Half

__all__ = ["PREFIX", "Half", "Program", "add_metadata"]
