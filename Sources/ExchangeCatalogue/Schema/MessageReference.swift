package import ExchangeCore

/// Describes the catalogue to people: the texts of `docs/messages`, from the definitions that the node checks with. One
/// page a type, an index of them, and all code lists.
package struct MessageReference {
    package struct File: Sendable {
        /// In the folder `docs/messages`.
        package let name: String
        package let text: String
    }

    private let catalogue: Catalogue

    /// - Parameter example: the example of a type, word for word as `Examples/messages` has it.
    package static func files(
        of catalogue: Catalogue, example: (MessageType) throws -> String
    ) rethrows -> [File] {
        let reference = MessageReference(catalogue: catalogue)
        let pages = try catalogue.all.map { definition in
            let page = MessagePage(definition, in: catalogue, example: try example(definition.type))
            return File(name: MessagePage.fileName(of: definition.type), text: Self.text(page.lines))
        }
        return [
            File(name: "README.md", text: Self.text(reference.index)),
            File(name: CodeListPage.fileName, text: Self.text(CodeListPage.lines)),
        ] + pages
    }

    private init(catalogue: Catalogue) { self.catalogue = catalogue }

    private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }

    private var index: [String] {
        [
            "# Message types", "",
            "Generated from the definitions; see [how to add a type](../adding-a-message-type.md). Each type has a page",
            "here, a JSON Schema in [schemas](../../schemas/) and an example in [Examples/messages](../../Examples/messages/).",
            "All codes stand in [code lists](\(CodeListPage.fileName)). On the command line, `exchange-node catalogue`",
            "shows the same.", "",
            "| Type | Message | From | To | Priority | Acknowledged up to |", "|---|---|---|---|---|---|",
        ]
            + catalogue.all.map { definition in
                let cells = [
                    MessagePage.link(to: definition.type), "\(definition.title.english) (\(definition.title.dutch))",
                    definition.senderRoles.inWords, definition.recipientRoles.inWords,
                    definition.defaultPriority.rawValue, definition.acknowledgement.title,
                ]
                return "| " + cells.joined(separator: " | ") + " |"
            }
    }
}

extension AcknowledgementLevel {
    /// As people speak of it.
    package var title: String {
        switch self {
        case .receipt: "L1 receipt"
        case .ownership: "L2 ownership"
        case .outcome: "L3 outcome"
        }
    }
}

/// All code lists on one page.
enum CodeListPage {
    static let fileName = "code-lists.md"

    static var lines: [String] {
        [
            "# Code lists", "",
            "Generated from the definitions. A refusal names list and version; a code that has been used keeps its",
            "meaning for ever.", "",
        ]
            + CodeList.all.flatMap { list in
                ["## \(list.id)", "", "Version \(list.version). \(list.source).", "", codes(of: list), ""]
            }.dropLast()
    }

    static func codes(of list: CodeList) -> String {
        list.codes.map { code in "`\(code.value)`" + (code.meaning.map { " (\($0))" } ?? "") }.joined(separator: ", ")
            + "."
    }

    /// As GitHub makes the anchor of the list's heading.
    static func link(to list: CodeList) -> String {
        "[\(list.id)](\(fileName)#\(list.id.filter { $0 != ":" && $0 != "." }))"
    }
}
