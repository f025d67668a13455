import Journal
import Registry
import Runtimes
import Serving
import Tensors

/// Asks versions about the rows of one data set.
struct HoldoutExamination {
    let rule: HoldoutRule
    let table: DataTable
    let scorer: any ModelScoring
    let work: GateWork
    let progress: @Sendable (String) -> Void

    /// Loads the version, asks it about all rows, and reads its answers. Blocks.
    func examine(_ version: ModelVersion) throws(ControlError) -> any JudgedRows {
        let who = version.label
        let signature = version.description.signature
        let target = try InputPlan.column(rule.target, table)
        let plan = try InputPlan(signature, table, rule.mapping, target: rule.target, who: who)
        let outputs = try OutputChoice(rule, signature, who: who)
        try work.check()
        progress("\(who): loading")
        let instance: any ModelInstance
        do throws(ModelLoadError) {
            instance = try scorer.load(version, runs: 1)
        } catch {
            throw ControlError(.loadFailed, "\(who) cannot be loaded: \(error.message)")
        }
        let questions = ModelQuestions(
            plan: plan, outputs: outputs, isRegression: rule.isRegression, batchSize: rule.batchSize, who: who)
        let answers = try questions.ask(instance, rowCount: table.rowCount, work: work, progress: progress)
        if rule.isRegression { return try numbers(answers, target) }
        return try classes(answers, target, version, outputs)
    }

    private func numbers(_ answers: ModelAnswers, _ target: DataTable.Column) throws(ControlError) -> PredictedNumbers {
        let values: [Double?]
        switch target.values {
        case .numbers(let numbers): values = numbers
        case .booleans(let truths): values = truths.map { $0.map { $0 ? 1 : 0 } }
        case .texts:
            throw ControlError(
                .invalid,
                "the target '\(target.name)' of \(table.label) holds texts, and metrics of numbers are asked for",
                field: "target")
        }
        let truth = values.compactMap { $0 }
        guard truth.count == values.count else {
            throw TruthClasses.missing(values.count - truth.count, of: values.count, target, table.label)
        }
        return PredictedNumbers(truth: truth, predicted: answers.numbers)
    }

    private func classes(
        _ answers: ModelAnswers, _ target: DataTable.Column, _ version: ModelVersion, _ outputs: OutputChoice
    ) throws(ControlError) -> ClassifiedRows {
        let signature = version.description.signature
        var (rule, answers) = (rule, answers)
        let label = outputs.prediction.map { signature.outputs[$0].elementType }
        let isTruthBoolean = if case .booleans = target.values { true } else { false }
        // A truth of true and false beside a model of 1 and 0, or the other way round: both are called 1 and 0.
        let asDigits = isTruthBoolean ? label != .bool && label != .bytes : label == .bool
        if asDigits {
            let digit = { (name: String) in ["true": "1", "false": "0"][name] ?? name }
            rule.positiveClass = rule.positiveClass.map(digit)
            rule.classes = rule.classes?.map(digit)
            answers.labels = answers.labels?.map(digit)
        }
        let truth = try TruthClasses.read(target, table.label, booleansAsDigits: asDigits)
        return try ClassifiedRows(
            answers, truth: truth, rule: rule, described: ClassLabels.read(version.description.customMetadata),
            who: version.label)
    }
}
