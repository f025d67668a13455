/// The four steps as lines of bash: what a script and a workflow have in common. They share the variables SLIPWAY_SPACE,
/// COMMIT, BRANCH, AUTHOR and RUN_URL, and leave DATASET, DATASET_SHA256 and VERSION.
struct CISteps: Sendable {
    let plan: CIPlan

    init(_ plan: CIPlan) {
        self.plan = plan
    }

    /// The data is looked at by the repository's own commands, and again by the server, which reads all of it.
    var validate: [String] {
        var lines = plan.validate
        for data in plan.data {
            let place = data.space.map { " --space \(Self.quoted($0))" } ?? ""
            let push = "slipway dataset push \(Self.quoted(data.file)) --name \(Self.quoted(data.name))\(place) --quiet"
            guard data.name == plan.dataSet else {
                lines.append(push)
                continue
            }
            lines.append("DATASET=$(\(push))")
            lines.append("DATASET_SHA256=$(sha256sum \(Self.quoted(data.file)) | cut -d ' ' -f 1)")
            lines.append(#"echo "data set $DATASET""#)
        }
        return lines.isEmpty ? ["true"] : lines
    }

    /// Trains, tests, and pushes what came out with where it came from.
    var push: [String] {
        var lines = plan.build + plan.test
        var push = ["slipway model push \(Self.quoted(plan.file)) --name \(Self.quoted(plan.model)) --quiet"]
        push.append(#"--git-commit "$COMMIT" --git-branch "$BRANCH" --git-author "$AUTHOR""#)
        // A CI without such an address has nothing to say.
        push.append(#"${RUN_URL:+--run-url "$RUN_URL"}"#)
        if let metrics = plan.metrics { push.append("--metrics \(Self.quoted(metrics))") }
        if let reference = plan.reference { push.append("--reference \(Self.quoted(reference))") }
        if let golden = plan.golden { push.append("--golden \(Self.quoted(golden))") }
        if plan.data.contains(where: { $0.name == plan.dataSet }) {
            push.append(#"--dataset "$DATASET" --tag "dataset.sha256=$DATASET_SHA256""#)
        } else if let dataSet = plan.dataSet {
            push.append("--dataset \(Self.quoted(dataSet))")
        }
        lines.append("VERSION=$(" + push.joined(separator: " \\\n    ") + ")")
        lines.append(#"echo "pushed $VERSION""#)
        return lines
    }

    var promote: [String] {
        var lines: [String] = []
        var from = #""$SLIPWAY_SPACE""#
        for space in plan.promote {
            lines.append(
                #"slipway promote "$VERSION" --from "# + from + " --to \(Self.quoted(space)) "
                    + "\\\n    "
                    + #"--reason "commit $COMMIT of $BRANCH by $AUTHOR" --if-needed --wait "${SLIPWAY_WAIT:-5h}""#)
            from = Self.quoted(space)
        }
        return lines.isEmpty ? ["true"] : lines
    }

    /// Over what serves already by the rollout that the pipeline gives, else by the one that the space's policy asks for.
    var deploy: [String] {
        guard let space = plan.deploySpace else { return ["true"] }
        let endpoint = plan.endpoint.map { " --as \(Self.quoted($0))" } ?? ""
        let line =
            #"slipway deploy "$VERSION"\#(endpoint) --space \#(Self.quoted(space)) --reason "commit $COMMIT" "#
            + "\\\n    "
        let wait = #" --wait "${SLIPWAY_WAIT:-5h}""#
        guard let rollout = plan.rollout else { return [line + "--rollout auto" + wait] }
        // What it says is data, whatever is in it: the words of such a document are taken as they are.
        let end = Self.endOfDocument(rollout)
        return [line + "--rollout -" + wait + " <<'\(end)'"] + rollout + [end]
    }

    /// A line that is none of these.
    private static func endOfDocument(_ lines: [String]) -> String {
        var end = "ROLLOUT"
        while lines.contains(end) { end += "_" }
        return end
    }

    /// As one word of bash, whatever is in it.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "%"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        if isPlain, !text.isEmpty, !text.hasPrefix("-") { return text }
        return "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
