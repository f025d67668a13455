import Journal

extension HTTPFault {
    /// The word that MLflow's scoring servers have for it, out of their `ErrorCode`.
    var scoringCode: String {
        switch status.code {
        case 401: "UNAUTHENTICATED"
        case 403: "PERMISSION_DENIED"
        case 404: "RESOURCE_DOES_NOT_EXIST"
        case 405: "ENDPOINT_NOT_FOUND"
        case 409: "RESOURCE_CONFLICT"
        case 429: "REQUEST_LIMIT_EXCEEDED"
        case 503, 504: "TEMPORARILY_UNAVAILABLE"
        case 400..<500: "BAD_REQUEST"
        default: "INTERNAL_ERROR"
        }
    }
}
