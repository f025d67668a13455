/// What the peer has told us about itself (RFC 9113 section 6.5.2), beginning with what holds until it does.
struct PeerSettings {
    /// The identifiers that a server needs to know.
    enum Identifier {
        static let headerTableSize: UInt16 = 1
        static let enablePush: UInt16 = 2
        static let maxConcurrentStreams: UInt16 = 3
        static let initialWindowSize: UInt16 = 4
        static let maxFrameSize: UInt16 = 5
        static let maxHeaderListSize: UInt16 = 6
    }

    var initialWindow = 65_535
    var frameBytes = 16_384

    mutating func apply(_ identifier: UInt16, _ value: UInt32) throws(HTTP2Fault) {
        switch identifier {
        case Identifier.enablePush where value > 1:
            throw HTTP2Fault(.protocolError, "SETTINGS_ENABLE_PUSH is \(value), not 0 or 1")
        case Identifier.initialWindowSize:
            guard value <= UInt32(Int32.max) else {
                throw HTTP2Fault(.flowControlError, "SETTINGS_INITIAL_WINDOW_SIZE is \(value), beyond 2^31-1")
            }
            initialWindow = Int(value)
        case Identifier.maxFrameSize:
            guard (16_384...16_777_215).contains(value) else {
                throw HTTP2Fault(.protocolError, "SETTINGS_MAX_FRAME_SIZE is \(value), not in 2^14...2^24-1")
            }
            frameBytes = Int(value)
        default: break
        }
    }
}
