package import NIOCore

/// How much one connection may ask for, and how long it may take. Times are checked once a second.
package struct HTTPLimits: Sendable {
    /// Bytes of a request line; beyond it the answer is 414.
    package var requestLine = 8 << 10
    /// Bytes of all header lines together, and their number; beyond it the answer is 431.
    package var headerBytes = 32 << 10
    package var headerCount = 100
    /// Bytes of a chunk's size line, and of all trailers together; beyond it the answer is 400.
    package var chunkLine = 4096
    /// Bytes of a body that an answer from memory or a JSON document of the management interface may have.
    package var smallBody = 1 << 20
    /// Bytes of one uploaded file.
    package var upload = 64 << 30
    /// Bytes that are read ahead while an answer is under way; beyond it the socket is not read.
    package var readAhead = 64 << 10
    /// Bytes of a refused body that are read and thrown away so that the connection can go on.
    package var discard = 64 << 10
    /// From the first byte of a request to the end of its headers.
    package var headTimeout = TimeAmount.seconds(10)
    /// Between requests.
    package var idleTimeout = TimeAmount.seconds(75)
    /// Without a byte of the body.
    package var bodyTimeout = TimeAmount.seconds(30)
    /// Bytes of a body that have to come each second on average, with one `bodyTimeout` for free; 0 takes any rate.
    package var bodyRate = 1024
    /// Without the peer taking a byte of the answer.
    package var writeTimeout = TimeAmount.seconds(60)
    /// Bytes of an answer that have to be taken each second on average, with one `writeTimeout` for free; 0 takes any rate.
    package var answerRate = 1024
    /// From a refusal that ends the connection to its close, for the peer to read the answer.
    package var lingerTimeout = TimeAmount.seconds(2)
    /// Connections at once; more wait in the kernel's queue.
    package var connections = 16_384

    package init() {}

    var bodyPace: TransferPace.Limits { TransferPace.Limits(pause: bodyTimeout, rate: bodyRate) }
    var answerPace: TransferPace.Limits { TransferPace.Limits(pause: writeTimeout, rate: answerRate) }
}
