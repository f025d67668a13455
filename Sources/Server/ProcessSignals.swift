import Dispatch
import Glibc

/// Turns signals of this process into calls, on a queue of its own.
final class ProcessSignals: @unchecked Sendable {
    // Only set in `init`; kept so that the sources live.
    private var sources: [any DispatchSourceSignal] = []

    init(_ handlers: [CInt: @Sendable () -> Void]) {
        let queue = DispatchQueue(label: "slipway.signals")
        for (number, handler) in handlers {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler(handler: handler)
            source.resume()
            sources.append(source)
        }
    }
}
