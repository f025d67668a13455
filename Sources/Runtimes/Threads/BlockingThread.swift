import Glibc

/// A thread for one blocking task, gone when that is done.
package enum BlockingThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// What the system sets aside for the stack of one.
    static var stackBytes: Int {
        let standard = 8 << 20
        var size = 0
        return withAttributes { pthread_attr_getstacksize($0, &size) == 0 ? size : standard } ?? standard
    }

    /// False, and `body` never runs, when the system gives no thread.
    ///
    /// - Parameter stackBytes: as much as the system sets aside, unless given.
    package static func start(stackBytes: Int? = nil, _ body: @escaping @Sendable () -> Void) -> Bool {
        let isStarted = withAttributes { attributes in
            if let stackBytes { pthread_attr_setstacksize(attributes, stackBytes) }
            pthread_attr_setdetachstate(attributes, CInt(PTHREAD_CREATE_DETACHED))
            var thread = pthread_t()
            let box = Unmanaged.passRetained(Body(body))
            let code = pthread_create(
                &thread, attributes,
                { argument in
                    guard let argument else { return nil }
                    Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, box.toOpaque())
            if code != 0 { box.release() }
            return code == 0
        }
        return isStarted ?? false
    }

    /// `nil` where there is no memory for attributes.
    private static func withAttributes<Value>(_ body: (UnsafeMutablePointer<pthread_attr_t>) -> Value) -> Value? {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        guard pthread_attr_init(attributes) == 0 else { return nil }
        defer { pthread_attr_destroy(attributes) }
        return body(attributes)
    }
}
