import Documents
import Governance
import Identity
import Journal
import ManagementAPI

/// Reads one file, member by member; each refusal knows its line.
struct DeclarationReader {
    /// Entries of one list at most.
    static let mostEntries = 10_000

    let file: DeclarationFile
    let document: PlacedDocument
    /// Where what names no space is.
    let space: String
    var declaration = Declaration()

    init(file: DeclarationFile, document: PlacedDocument, space: String) {
        self.file = file
        self.document = document
        self.space = space
    }

    mutating func read(_ pipeline: Declaration.PipelineReader) throws(DeclarationError) {
        do { try members(pipeline) } catch {
            throw DeclarationError(
                SourcePlace(file: file.name, line: error.field.flatMap { document.places.line(of: $0) }), error)
        }
    }

    private mutating func members(_ pipeline: Declaration.PipelineReader) throws(ControlError) {
        guard case .mapping = document.value else {
            throw ControlError(
                .invalid, "the file must be a mapping of names to values, not \(document.value.kind)",
                hint: "docs/reference/slipway-yaml.md")
        }
        var fields = try DocumentFields(document.value, at: "")
        let there = fields.untaken.keys
        declaration.sections = Set(Declaration.Section.allCases.filter { there.contains($0.rawValue) })
        declaration.spaces = try items(.spaces, &fields) { (item) throws(ControlError) in try space(&item) }
        declaration.dataSets = try items(.dataSets, &fields) { (item) throws(ControlError) in try dataSet(&item) }
        declaration.models = try items(.models, &fields) { (item) throws(ControlError) in try model(&item) }
        declaration.deployments = try items(.deployments, &fields) { (item) throws(ControlError) in
            try deployment(&item)
        }
        declaration.monitors = try items(.monitors, &fields) { (item) throws(ControlError) in try monitor(&item) }
        if let value = fields.value("pipeline") { try pipeline(value, "pipeline") }
        try fields.finish()
    }

    /// The items of a section, each to its last member.
    private func items<Item>(
        _ section: Declaration.Section, _ fields: inout DocumentFields,
        _ read: (inout DocumentFields) throws(ControlError) -> Item
    ) throws(ControlError) -> [Item] {
        guard let values = try fields.list(section.rawValue, atMost: Self.mostEntries) else { return [] }
        var items: [Item] = []
        for value in values {
            var item = try DocumentFields(value, at: "\(section.rawValue)[\(items.count)]")
            items.append(try read(&item))
            try item.finish()
        }
        return items
    }

    // MARK: what stands in several items

    func place(_ path: String) -> SourcePlace { SourcePlace(file: file.name, line: document.places.line(of: path)) }

    func name(_ member: String, _ item: inout DocumentFields) throws(ControlError) -> String {
        let name = try item.required(member)
        try Name.validate(name, field: item.place(member))
        return name
    }

    func space(of item: inout DocumentFields) throws(ControlError) -> String {
        guard let name = try item.text("space") else { return space }
        try Name.validate(name, field: item.place("space"))
        return name
    }

    /// A file beside the declaration. What could be meant to lead outside is refused by its words alone; links are looked
    /// at where the file is opened.
    func reference(_ member: String, _ item: inout DocumentFields) throws(ControlError) -> FileReference? {
        guard let path = try item.text(member) else { return nil }
        var depth = 0
        for part in path.split(separator: "/", omittingEmptySubsequences: true) where part != "." {
            depth += part == ".." ? -1 : 1
            guard depth >= 0 else { break }
        }
        guard !path.isEmpty, !path.hasPrefix("/"), depth >= 0, !path.utf8.contains(0) else {
            throw item.refusal(
                member, "is '\(Name.excerpt(of: path))', which leads out of the folder of \(file.name)",
                hint: "name a file of that folder, by its path from there")
        }
        return FileReference(folder: file.folder, path: path, place: place(item.place(member)))
    }

    // MARK: spaces

    private func space(_ item: inout DocumentFields) throws(ControlError) -> SpaceDeclaration {
        let name = try name("name", &item)
        var policy: Governance.SpacePolicy?
        if let value = item.value("policy") {
            do { policy = try Governance.SpacePolicy(document: value) } catch {
                throw error.within(item.place("policy"))
            }
        }
        return SpaceDeclaration(
            name: name, policy: policy, members: try members(&item), place: place(item.path),
            policyPlace: place(item.place("policy")))
    }

    private func members(_ item: inout DocumentFields) throws(ControlError) -> [MemberDeclaration]? {
        let isThere = item.untaken["members"] != nil
        guard let values = try item.list("members", atMost: Self.mostEntries) else { return isThere ? [] : nil }
        var members: [MemberDeclaration] = []
        for value in values {
            var fields = try DocumentFields(value, at: "\(item.place("members"))[\(members.count)]")
            let principal = try fields.required("principal")
            try Principal.validate(principal, field: fields.place("principal"))
            guard let word = try fields.word("role", among: Role.ofMembers.map(\.rawValue)),
                let role = RoleName(rawValue: word)
            else { throw fields.refusal("role", "is missing") }
            try fields.finish()
            guard !members.contains(where: { $0.principal == principal }) else {
                throw fields.refusal("principal", "is '\(Name.excerpt(of: principal))' a second time")
            }
            members.append(MemberDeclaration(principal: principal, role: role, place: place(fields.path)))
        }
        return members
    }
}
