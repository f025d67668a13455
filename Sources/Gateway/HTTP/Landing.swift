import NIOCore

/// What a person sees who opens the port in a browser or with curl.
enum Landing {
    static func answer(version: String) -> Answer {
        let text = """
            Slipway \(version)

            Predictions   POST /v2/models/ENDPOINT/infer          Open Inference Protocol v2
                          POST /v1/models/ENDPOINT:predict        TensorFlow Serving
            Endpoints     GET  /v2/models
            Health        GET  /v2/health/ready
            Management    GET  /api/v1/openapi.json               all routes, with their bodies
            Metrics       GET  /metrics                           Prometheus

            Endpoints of another space than 'default' are at /spaces/SPACE/v2/... and /spaces/SPACE/v1/...

            """
        return Answer(.ok, contentType: "text/plain; charset=utf-8", body: ByteBuffer(string: text))
    }
}
