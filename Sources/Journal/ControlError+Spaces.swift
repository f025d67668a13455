extension ControlError {
    /// The refusal for a space that is not there, in the same words wherever it is named.
    package static func spaceNotFound(_ name: String) -> ControlError {
        ControlError(
            .notFound, "there is no space '\(Name.excerpt(of: name))'", field: "space",
            hint: "`slipway status` shows the spaces there are")
    }
}
