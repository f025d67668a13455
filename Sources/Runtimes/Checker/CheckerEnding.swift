import Glibc
import Tensors

/// How a checker ended, and what that says about the model.
struct CheckerEnding: Sendable {
    var output: [UInt8] = []
    /// What it, or a library in it, wrote to standard error.
    var complaints: [UInt8] = []
    var status: CInt = 0
    var hasStatus = false
    /// We killed it, because it took longer than all of its own limits.
    var timedOut = false
    var talksTooMuch = false

    func result(settings: CheckerSettings) -> Result<ModelDescription, ModelLoadError> {
        if timedOut {
            return .failure(
                ModelLoadError(
                    .timedOut,
                    "The model was still not checked after \(settings.wholeSeconds) s, and its process was ended"))
        }
        if talksTooMuch {
            return .failure(ModelLoadError(.crashed, "The process that checked the model wrote without end"))
        }
        if hasStatus, let signal { return .failure(died(of: signal, settings)) }
        if let line = output.split(separator: 0x0a).last, let result = CheckerReport(line: Array(line))?.result {
            return result
        }
        return .failure(
            ModelLoadError(.crashed, "The process that checked the model ended without a result\(lastWords)"))
    }

    /// The signal that ended it; `nil` when it ended by itself.
    private var signal: CInt? {
        let number = status & 0x7f
        return number == 0 || number == 0x7f ? nil : number
    }

    private func died(of signal: CInt, _ settings: CheckerSettings) -> ModelLoadError {
        let complaint = String(decoding: complaints, as: UTF8.self)
        if ["bad_alloc", "length_error", "Cannot allocate memory", "out of memory"].contains(where: complaint.contains)
        {
            return ModelLoadError(
                .outOfMemory,
                "The model needs more memory than the \(settings.memoryBytes >> 20) MiB that it may have to be checked")
        }
        switch signal {
        case SIGKILL:
            return ModelLoadError(
                .outOfMemory, "The system ended the process that checked the model, most likely for want of memory")
        case SIGXCPU:
            return ModelLoadError(
                .timedOut, "The model used \(settings.wholeSeconds) s of processor time to be checked")
        default:
            let name = strsignal(signal).map { String(cString: $0) } ?? "signal \(signal)"
            return ModelLoadError(
                .crashed,
                "The model crashes ONNX Runtime (\(name.lowercased())); it was never loaded by the server\(lastWords)")
        }
    }

    /// The end of what it complained about, as the end of a sentence.
    private var lastWords: String {
        let text = String(decoding: complaints.suffix(500), as: UTF8.self)
        let line = text.split(separator: "\n").last.map(String.init)?.filter { !$0.isNewline } ?? ""
        return line.isEmpty ? "" : ": \(line)"
    }
}
