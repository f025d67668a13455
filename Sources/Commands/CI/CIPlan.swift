import Documents
import GitRuns
import Journal

/// What a CI is to do with a commit: the section `pipeline` of `slipway.yaml`, as far as files for a CI need it.
struct CIPlan: Sendable, Hashable {
    struct DataSet: Sendable, Hashable {
        var name: String
        var file: String
        /// The space of the push unless given.
        var space: String?
    }

    /// Where it stands in a repository.
    static let document = "slipway.yaml"
    /// Where versions are pushed, unless SLIPWAY_SPACE says otherwise.
    static let space = "dev"

    var model: String
    /// The model's file, and what belongs to it; relative to the top of the repository.
    var file: String
    var metrics: String?
    var reference: String?
    var golden: String?
    /// The data set that it was trained on.
    var dataSet: String?
    var data: [DataSet] = []
    var validate: [String] = []
    var build: [String] = []
    var test: [String] = []
    var promote: [String] = []
    var deploySpace: String?
    var endpoint: String?
    /// The lines of the rollout's document; `nil` for what the space's policy asks for.
    var rollout: [String]?

    static func starter(name: String) -> CIPlan {
        CIPlan(
            model: name, file: "out/model.onnx", metrics: "out/metrics.json", reference: "data/train.csv",
            dataSet: "\(name)-train", data: [DataSet(name: "\(name)-train", file: "data/train.csv")],
            validate: ["python3 validate.py"], build: ["python3 train.py"], promote: ["test", "prod"],
            deploySpace: "prod", endpoint: name)
    }

    static func starterText(name: String) -> String {
        """
        # What becomes of a commit, step by step. Commands run at the top of the repository; the first that fails ends the run.
        pipeline:
          model:
            name: \(name)
            # Checked in, or made by a command of `build`.
            file: out/model.onnx
            # {"accuracy": 0.97}: shown with the version.
            metrics: out/metrics.json
            # What drift is measured against.
            reference: data/train.csv
            # One of `data`: what it was trained on.
            dataSet: \(name)-train
          data:
            - {name: \(name)-train, file: data/train.csv}
          validate: ["python3 validate.py"]
          build: ["python3 train.py"]
          test: []
          # From the space that it is pushed to into these, as far as gates and people let it.
          promote: [test, prod]
          deploy: {space: prod, as: \(name)}

        """
    }
}

extension CIPlan {
    /// Reads the file as the server does; of what is not `pipeline` it is only asked that it is YAML.
    init(yaml text: String) throws(Failure) {
        switch Result(catching: { () throws(ControlError) in try Self.read(text) }) {
        case .success(let plan): self = plan
        case .failure(let error):
            throw Failure("\(Self.document): \(error.message)", hint: error.hint, code: .usage)
        }
    }

    private static func read(_ text: String) throws(ControlError) -> CIPlan {
        var document = try DocumentFields(try DocumentText.value(yaml: text, what: document), at: "")
        guard let value = document.value("pipeline") else {
            throw document.refusal("pipeline", "is missing", hint: "it says what becomes of a commit")
        }
        let pipeline = try GitPipeline.read(value)
        guard let model = pipeline.model else {
            throw ControlError(.invalid, "'pipeline.model' is missing", field: "pipeline.model")
        }
        return CIPlan(pipeline, model)
    }

    private init(_ pipeline: GitPipeline, _ model: GitPipeline.Model) {
        self.init(
            model: model.name, file: model.file, metrics: model.metrics, reference: model.reference,
            golden: model.golden, dataSet: model.dataSet,
            data: pipeline.data.map { DataSet(name: $0.name, file: $0.file, space: $0.space) },
            validate: pipeline.validate, build: pipeline.build, test: pipeline.test, promote: pipeline.promote,
            deploySpace: pipeline.deploy?.space, endpoint: pipeline.deploy?.endpoint,
            rollout: pipeline.deploy?.rollout?.yaml())
    }
}
