import GRPCGateway
import Gateway
import HTTP2
import NIOCore
import Serving

/// What the settings mean for the two ports.
extension ServerConfiguration {
    /// At least one body of the largest size that endpoints take unless told otherwise.
    var bodyMemory: Int {
        maxBodyMemoryBytes ?? max(EndpointOptions.defaultMaxBodyBytes, Int(clamping: MemoryBound.available() / 4))
    }

    var limits: HTTPLimits {
        var limits = HTTPLimits()
        limits.smallBody = maxManagementBodyBytes
        limits.upload = maxUploadBytes
        limits.headTimeout = .seconds(Int64(headerTimeoutSeconds))
        limits.idleTimeout = .seconds(Int64(idleTimeoutSeconds))
        limits.bodyTimeout = .seconds(Int64(bodyTimeoutSeconds))
        limits.writeTimeout = .seconds(Int64(writeTimeoutSeconds))
        limits.requestLine = maxRequestLineBytes
        limits.headerBytes = maxHeaderBytes
        limits.headerCount = maxHeaderCount
        limits.chunkLine = maxChunkLineBytes
        limits.bodyRate = minBodyBytesPerSecond
        limits.answerRate = minAnswerBytesPerSecond
        limits.connections = min(maxConnections, DescriptorBound.forConnections())
        return limits
    }

    /// The same limits as far as both protocols have them.
    var grpcLimits: GRPCLimits {
        var limits = GRPCLimits()
        limits.headTimeout = .seconds(Int64(headerTimeoutSeconds))
        limits.idleTimeout = .seconds(Int64(grpcIdleTimeoutSeconds))
        limits.bodyTimeout = .seconds(Int64(bodyTimeoutSeconds))
        limits.writeTimeout = .seconds(Int64(writeTimeoutSeconds))
        limits.bodyRate = minBodyBytesPerSecond
        limits.answerRate = minAnswerBytesPerSecond
        limits.connections = min(maxConnections, DescriptorBound.forConnections())
        limits.http2.concurrentStreams = http2MaxStreams
        limits.http2.headerBlockBytes = maxHeaderBytes
        // Peers put 16 KiB into a frame unless they know that more is taken.
        limits.http2.headerBlockFrames = max(limits.http2.headerBlockFrames, maxHeaderBytes / (16 << 10) + 2)
        limits.http2.headerListBytes = maxHeaderBytes
        limits.http2.headerLines = maxHeaderCount
        limits.http2.unsentBytes = http2MaxUnsentBytes
        limits.http2.budgets.resets = .init(burst: 10 * http2MaxResetsPerSecond, perSecond: http2MaxResetsPerSecond)
        limits.http2.budgets.pings = .init(burst: 20 * http2MaxPingsPerSecond, perSecond: http2MaxPingsPerSecond)
        limits.http2.budgets.settings = .init(
            burst: 50 * http2MaxSettingsPerSecond, perSecond: http2MaxSettingsPerSecond)
        return limits
    }
}
