"""Write a trained model to a file that stands alone, and read such a file back.

parity     proof that a model computes what the run computes
write      the served model, its proof, then the file; nothing is written that is not proved
read       a file that declnet wrote: spec, weights, predictions
"""

from declnet.export.parity import compare
from declnet.export.read import ExportedFile
from declnet.export.write import TOLERANCE, Exported, HeldOut, export, require_free

__all__ = ["TOLERANCE", "Exported", "ExportedFile", "HeldOut", "compare", "export", "require_free"]
