"""What the first training and every later one have in common: the inputs, the algorithm, the form of the model."""

import onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

KEY = "sample"  # an input that the model does not look at: by it the truth is told later
TRUTH = "malignant"
FEATURES = [
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points", "symmetry",
    "fractal_dimension",
]
CLASSES = ["benign", "malignant"]


def fit(rows, truth):
    model = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=1000))
    return model.fit(rows, truth)


def convert(estimator, name):
    """An ONNX model with an input for each measurement, the key beside them, a label and probabilities."""
    model = convert_sklearn(
        estimator,
        initial_types=[(feature, FloatTensorType([None, 1])) for feature in FEATURES],
        final_types=[("label", Int64TensorType([None])), ("probabilities", FloatTensorType([None, 2]))],
        options={"zipmap": False},
        target_opset={"": 17, "ai.onnx.ml": 3},
    )
    key = onnx.helper.make_tensor_value_info(KEY, onnx.TensorProto.INT64, [None, 1])
    model.graph.input.insert(0, key)
    for value in [*model.graph.input, *model.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    model.graph.name = name
    return model
