"""The extras of declnet that bring ONNX Runtime, as hints name them."""

ANY = "declnet[training], declnet[training-cuda], declnet[cpu] or declnet[cuda]"
CUDA = "declnet[cuda] (current onnxruntime) or declnet[training-cuda] (onnxruntime-training 1.19.2)"
TRAINING = "declnet[training] (CPU) or declnet[training-cuda]"
