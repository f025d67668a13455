import Identity
import NIOCore
import Serving

/// Who asks, and whether they may: before anything of a body is read.
extension HTTPConnection {
    /// The route of the head in `bytes` and its caller, whose limits are not used up; `nil` when their token has to be
    /// checked first, which has begun then.
    func admit(_ bytes: UnsafeRawBufferPointer, headLength: Int) throws(HTTPFault) -> Admission? {
        let head = parser.head
        let match = try route(UnsafeRawBufferPointer(rebasing: bytes[head.target]), head.method)
        let target = try invocationTarget(match, head, bytes)
        let credentials = head.authorization.map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        do throws(AccessRefusal) {
            if match.route.permission.reach == .open { return try open(match) }
            let caller: Caller
            switch try callers.find(credentials, gateway.authority, from: context?.remoteAddress) {
            case .caller(let found): caller = found
            case .unverified(let token):
                check(token, headLength: headLength)
                return nil
            }
            let admission = try admission(of: caller, to: choosing(target, match, caller))
            if let meter = meter(of: caller, match) { try checkBeginning(meter) }
            return admission
        } catch {
            throw HTTPFault(error)
        }
    }

    /// What asks nobody who they are.
    private func open(_ match: RouteMatch) throws(AccessRefusal) -> Admission {
        if match.route.isSigned { try gateway.authority.checkGuessing(from: context?.remoteAddress) }
        return Admission(caller: .anonymous, version: gateway.authority.access.version, asked: match, match: match)
    }

    private func admission(of caller: Caller, to asked: RouteMatch) throws(AccessRefusal) -> Admission {
        let version = gateway.authority.access.version
        if let last = lastAdmission, last.caller === caller, last.asked === asked, last.version == version {
            return last
        }
        var match = asked
        if !asked.namesSpace, let home = caller.home, home != asked.space { match = asked.inSpace(home) }
        try gateway.authority.admit(
            caller, match.route.permission, space: match.space, endpoint: match.askedEndpoint)
        let admission = Admission(caller: caller, version: version, asked: asked, match: match)
        lastAdmission = admission
        return admission
    }

    /// What the limits of `caller` are counted with; `nil` without any, and for what is no prediction.
    private func meter(of caller: Caller, _ match: RouteMatch) -> KeyMeter? {
        guard let meter = caller.meter, case .prediction = match.route.answerer else { return nil }
        return meter
    }

    private func checkBeginning(_ meter: KeyMeter) throws(AccessRefusal) {
        do throws(QuotaRefusal) {
            try meter.checkBeginning(now: MonotonicClock.nanoseconds())
        } catch {
            throw .quota(error)
        }
    }

    /// The form of an answer to a request that fails: it is counted now, unless it was.
    func countedForm(_ form: AnswerForm, _ caller: Caller, _ match: RouteMatch) -> AnswerForm {
        guard form.quota == nil, let meter = meter(of: caller, match) else { return form }
        var form = form
        form.quota = meter.takeFailed(now: MonotonicClock.nanoseconds())
        return form
    }

    /// Has a token checked; then the head is taken up again, where it is.
    private func check(_ token: String, headLength: Int) {
        phase = .authenticating(headLength: headLength)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        gateway.authority.verify(token, from: context?.remoteAddress) { refusal in
            eventLoop.execute { bound.value.checked(refusal) }
        }
    }

    private func checked(_ refusal: AccessRefusal?) {
        guard case .authenticating(let length) = phase else { return }
        phase = .head
        callers.settle(refusal)
        accept(headLength: length)
        process()
        flush()
        resumeReading()
    }
}
