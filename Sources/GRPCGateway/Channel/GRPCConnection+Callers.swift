import Gateway
import Governance
import HTTP2
import Identity
import Journal
import NIOCore
import Serving

/// Who asks, and whether they may: before anything of a message is read, and again for each message that comes after
/// something about access has changed.
extension GRPCConnection {
    /// Lets a new call in, or refuses it, or waits until its caller's token is checked.
    func letIn(_ call: GRPCCall, on stream: StreamReference) {
        do throws(AccessRefusal) {
            guard try find(call, on: stream) else { return }
        } catch {
            return finish(stream, GRPCStatus(error))
        }
        begin(call, on: stream)
    }

    /// Takes up a call that was let in, with whatever of it has come.
    private func begin(_ call: GRPCCall, on stream: StreamReference) {
        switch call.head.method.kind {
        case .inferStream:
            let predictions = InferStream()
            predictions.unconsumed = call.unconsumed
            call.stage = .inferring(predictions)
        case .reflection: call.stage = .reflecting
        case .infer, .unary, .healthWatch: call.stage = .collecting
        }
        if case .inferring = call.stage {} else if call.unconsumed > 0 { http2.consumed(call.unconsumed, on: stream) }
        if call.isComplete || call.unconsumed > 0 { take(ByteBuffer(), on: stream, isComplete: call.isComplete) }
        call.unconsumed = 0
    }

    /// Whether the caller is known and was let through; false while their token is being checked.
    private func find(_ call: GRPCCall, on stream: StreamReference) throws(AccessRefusal) -> Bool {
        if call.isOpen { return true }
        switch try finding(call) {
        case .caller(let caller):
            try admit(caller, call)
            return true
        case .unverified(let token):
            call.stage = .authenticating
            let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
            let eventLoop = loop.eventLoop
            gateway.authority.verify(token, from: context?.remoteAddress) { refusal in
                eventLoop.execute { bound.value.checked(stream, refusal) }
            }
            return false
        }
    }

    private func finding(_ call: GRPCCall) throws(AccessRefusal) -> CallerMemory.Finding {
        guard let credentials = call.head.credentials else {
            return try callers.find(nil, gateway.authority, from: context?.remoteAddress)
        }
        let result: Result<CallerMemory.Finding, AccessRefusal> = credentials.withUnsafeBytes { bytes in
            do throws(AccessRefusal) {
                return .success(try callers.find(bytes, gateway.authority, from: context?.remoteAddress))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func admit(_ caller: Caller, _ call: GRPCCall) throws(AccessRefusal) {
        // Before the table is asked: when it changes meanwhile, the next message asks again.
        call.accessVersion = gateway.authority.access.version
        let space = call.head.space ?? caller.home ?? Space.defaultName
        try gateway.authority.admit(caller, call.head.method.permission, space: space, endpoint: .later)
        call.caller = caller
        call.space = space
    }

    private func checked(_ stream: StreamReference, _ refusal: AccessRefusal?) {
        guard let call = call(stream), case .authenticating = call.stage else { return }
        if let refusal { return finish(stream, GRPCStatus(refusal)) }
        letIn(call, on: stream)
    }

    /// For a further message of a call: what was said of its caller may no longer be so.
    func letInAgain(_ call: GRPCCall) throws(GRPCStatus) {
        guard !gateway.authority.stillHolds(call.caller, version: call.accessVersion) else { return }
        do throws(AccessRefusal) {
            switch try finding(call) {
            case .caller(let caller): try admit(caller, call)
            case .unverified:
                throw .control(
                    ControlError(.unauthenticated, "the token has to be checked again", hint: "make the call again"))
            }
        } catch {
            throw GRPCStatus(error)
        }
    }

    /// Counts a prediction and its rows against the limits of the caller's key.
    func count(_ prediction: GRPCPrediction, _ call: GRPCCall) throws(GRPCStatus) {
        guard let meter = call.caller.meter else { return }
        do throws(QuotaRefusal) {
            _ = try meter.take(rows: prediction.rows, now: MonotonicClock.nanoseconds())
        } catch {
            throw GRPCStatus(error)
        }
    }
}

extension GRPCCall {
    /// Whether nobody is asked who they are.
    var isOpen: Bool { head.method.permission.reach == .open }
}
