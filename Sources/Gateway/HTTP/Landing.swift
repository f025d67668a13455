import NIOCore

/// What is at the root: the way to everything else, for a person with curl.
///
/// It is JSON with `"status": "alive"`, because that is how KServe's client of the v1 protocol asks whether a server lives.
enum Landing {
    static func answer(version: String) -> Answer {
        let text = """
            {
              "status": "alive",
              "server": "Slipway \(version)",
              "predictions": {
                "Open Inference Protocol v2": "POST /v2/models/ENDPOINT/infer",
                "TensorFlow Serving": "POST /v1/models/ENDPOINT:predict",
                "of another space than default": "POST /spaces/SPACE/v2/... and /spaces/SPACE/v1/..."
              },
              "endpoints": "GET /v2/models",
              "experiments": {
                "MLflow clients": "mlflow.set_tracking_uri with this address, or with /spaces/SPACE behind it",
                "one run": "GET /api/2.0/mlflow/runs/get?run_id=RUN"
              },
              "health": "GET /v2/health/ready",
              "management": "GET /api/v1/openapi.json",
              "metrics": "GET /metrics"
            }

            """
        return Answer(.ok, body: ByteBuffer(string: text))
    }
}
