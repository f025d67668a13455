import CONNXRuntime

/// What a failed call of ONNX Runtime says.
struct ONNXFailure: Error, Sendable, Hashable {
    /// ONNX Runtime's error codes that we tell apart.
    enum Code: Int32, Sendable {
        case fail = 1, invalidArgument, noSuchFile, noModel, engineError, runtimeException, invalidProtobuf,
            modelLoaded,
            notImplemented, invalidGraph
    }

    /// How the message of a run begins that found no memory.
    static let outOfMemory = "There is not enough memory for this prediction"

    let code: Code
    let message: String

    /// Whether memory ran out: the library catches that and reports it as a failure like any other.
    var isOutOfMemory: Bool {
        message.contains("bad_alloc") || message.contains("Failed to allocate memory")
            || message.contains("bad_array_new_length") || message.contains("cannot allocate memory")
    }
}

extension ORTFunctions {
    /// Takes what a call returned: `nil` for success, else what went wrong. Releases the status.
    @inline(__always)
    func failure(_ status: OpaquePointer?) -> ONNXFailure? {
        guard let status else { return nil }
        return describe(status)
    }

    /// Throws what a call returned, unless that is success.
    @inline(__always)
    func check(_ status: OpaquePointer?) throws(ONNXFailure) {
        if let status { throw describe(status) }
    }

    /// The first of several calls that failed; releases the others' statuses.
    func firstFailure(_ statuses: OpaquePointer?...) -> ONNXFailure? {
        var first: ONNXFailure?
        for status in statuses {
            let failure = failure(status)
            if first == nil { first = failure }
        }
        return first
    }

    @inline(never)
    private func describe(_ status: OpaquePointer) -> ONNXFailure {
        defer { ReleaseStatus(status) }
        let message = GetErrorMessage(status).map { String(cString: $0) } ?? ""
        return ONNXFailure(code: ONNXFailure.Code(rawValue: GetErrorCode(status)) ?? .fail, message: message)
    }
}
