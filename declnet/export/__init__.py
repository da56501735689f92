"""Write a trained model to a file that stands alone, and read such a file back.

model      the inference graph with the trained values inside
parity     proof that it computes what the run computes
write      both, then the file; nothing is written that is not proved
read       a file that declnet wrote: spec, weights, predictions
"""

from declnet.export.model import inference_model
from declnet.export.parity import compare
from declnet.export.read import ExportedFile
from declnet.export.write import export

__all__ = ["ExportedFile", "compare", "export", "inference_model"]
