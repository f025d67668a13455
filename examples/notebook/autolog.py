"""What scikit-learn's autologging registers is no ONNX model."""

import mlflow
from sklearn.datasets import load_wine
from sklearn.tree import DecisionTreeClassifier

mlflow.sklearn.autolog(registered_model_name="trees", log_input_examples=False)
mlflow.set_experiment("wines")
DecisionTreeClassifier(max_depth=3, random_state=0).fit(*load_wine(return_X_y=True))
