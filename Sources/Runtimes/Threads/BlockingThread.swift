import Glibc

/// A thread for one blocking task, gone when that is done.
enum BlockingThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// What the system sets aside for the stack of one.
    static var stackBytes: Int {
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        var size = 0
        guard pthread_attr_init(attributes) == 0 else { return 8 << 20 }
        defer { pthread_attr_destroy(attributes) }
        return pthread_attr_getstacksize(attributes, &size) == 0 ? size : 8 << 20
    }

    /// False, and `body` never runs, when the system gives no thread.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
