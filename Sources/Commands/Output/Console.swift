#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a command prints: answers to standard output, everything else to standard error.
struct Console: Sendable {
    /// Columns of the terminal that reads the answers; `nil` when something else does.
    let width: Int?
    let emphasis: Emphasis
    let errorEmphasis: Emphasis
    /// Columns of the terminal that shows messages; `nil` when there is none, and then no progress is drawn.
    let errorWidth: Int?

    static let standard = Console()

    private init() {
        let color = getenv("NO_COLOR").map { $0.pointee == 0 } ?? true
        let dumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? false
        width = Self.columns(STDOUT_FILENO)
        errorWidth = dumb ? nil : Self.columns(STDERR_FILENO)
        emphasis = Emphasis(isOn: color && !dumb && width != nil)
        errorEmphasis = Emphasis(isOn: color && !dumb && errorWidth != nil)
    }

    func print(_ line: String = "") { Self.write(Self.harmless(line) + "\n", to: STDOUT_FILENO) }

    func print(bytes: [UInt8]) { Self.write(bytes, to: STDOUT_FILENO) }

    /// A line for the person, beside the answer.
    func say(_ line: String) { Self.write(Self.harmless(line) + "\n", to: STDERR_FILENO) }

    func complain(_ text: String) { Self.write(Self.harmless(text) + "\n", to: STDERR_FILENO) }

    /// Replaces the line that the cursor is in.
    func redraw(_ line: String) { Self.write("\r\u{1B}[2K" + line, to: STDERR_FILENO) }

    /// With control characters made visible, but for line ends, tabs and our own emphasis: what is printed comes out of
    /// model files too, and a terminal does what such characters say.
    static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            if let own = Emphasis.sequences.first(where: { rest.starts(with: $0.unicodeScalars) }) {
                result += own
                rest = rest.dropFirst(own.unicodeScalars.count)
                continue
            }
            if isControl(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
            rest = rest.dropFirst()
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }

    private static func columns(_ descriptor: Int32) -> Int? {
        guard isatty(descriptor) == 1 else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        bytes.withUnsafeBytes { all in
            var rest = all[...]
            while !rest.isEmpty {
                #if canImport(Glibc)
                    let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #else
                    let count = Darwin.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                #endif
                if count < 0, errno == EINTR { continue }
                // The reader has gone (`slipway model list | head`): nobody is left to tell.
                guard count > 0 else { exit(EXIT_FAILURE) }
                rest = rest.dropFirst(count)
            }
        }
    }
}

/// Bold and red, where a terminal shows them and the person did not set NO_COLOR.
struct Emphasis: Sendable, Hashable {
    let isOn: Bool

    static let none = Emphasis(isOn: false)

    /// All that is ever sent to a terminal to change how text looks.
    static let sequences = ["\u{1B}[1m", "\u{1B}[1;31m", "\u{1B}[0m"]

    func strong(_ text: String) -> String { isOn && !text.isEmpty ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func alarm(_ text: String) -> String { isOn ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }
}
