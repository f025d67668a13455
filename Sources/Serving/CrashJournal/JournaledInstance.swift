import Runtimes
import Tensors

/// A model in this process, whose every run stands in the crash journal while it lasts.
final class JournaledInstance: ModelInstance {
    let description: ModelDescription
    private let instance: any ModelInstance
    private let subject: CrashSubject

    init(_ instance: any ModelInstance, subject: CrashSubject) {
        self.description = instance.description
        self.instance = instance
        self.subject = subject
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        try subject.during(.run) { () throws(RunError) in
            try instance.run(inputs, outputs: outputs, handle: handle)
        }
    }
}
