import Gateway
package import HTTP2
package import NIOCore

/// How much one connection of the gRPC port may ask for, and how long it may take. Times are checked once a second.
package struct GRPCLimits: Sendable {
    package var http2 = HTTP2Limits()
    /// Bytes of a message that is no prediction; a prediction's limit is its endpoint's.
    package var smallMessage = 1 << 20
    /// Messages of one stream of predictions that may be under way; the stream is not read beyond it.
    package var streamWidth = 16
    /// Bytes of one stream's answers that may wait for the peer to take them; the stream is not read beyond it.
    package var streamBacklog = 4 << 20
    /// From the connection to the end of its greeting, and from the first byte of a header block to its end.
    package var headTimeout = TimeAmount.seconds(10)
    /// Without a call.
    package var idleTimeout = TimeAmount.seconds(300)
    /// From the word to open no more calls until it holds, heard or not.
    package var goAwayTimeout = TimeAmount.seconds(5)
    /// Without a byte, in the middle of a message.
    package var bodyTimeout = TimeAmount.seconds(30)
    /// Bytes of a message that have to come each second on average, with one `bodyTimeout` for free; 0 takes any rate.
    package var bodyRate = 1024
    /// Without the peer taking a byte of the answer.
    package var writeTimeout = TimeAmount.seconds(60)
    /// Bytes of answers that have to be taken each second on average, with one `writeTimeout` for free; 0 takes any rate.
    package var answerRate = 1024
    /// Connections at once; more wait in the kernel's queue.
    package var connections = 16_384

    package init() {}

    var bodyPace: TransferPace.Limits { TransferPace.Limits(pause: bodyTimeout, rate: bodyRate) }
    var answerPace: TransferPace.Limits { TransferPace.Limits(pause: writeTimeout, rate: answerRate) }
}
