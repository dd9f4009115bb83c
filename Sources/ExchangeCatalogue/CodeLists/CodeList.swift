/// A closed list of codes with its id and version, as data. A refusal for an unknown code names all three.
package struct CodeList: Hashable, Sendable {
    /// One code; what it means where the code itself does not say so.
    package struct Code: Hashable, Sendable, ExpressibleByStringLiteral {
        package let value: String
        package let meaning: String?

        package init(_ value: String, _ meaning: String? = nil) {
            self.value = value
            self.meaning = meaning
        }

        package init(stringLiteral value: String) { self.init(value) }
    }

    /// Lower case, digits, hyphens and colons; stable.
    package let id: String
    /// That of the list's publisher, or our own where the list is ours.
    package let version: String
    /// Where the codes come from.
    package let source: String
    /// In the order of the source.
    package let codes: [Code]
    private let values: Set<String>

    /// A code that is empty, not ASCII or listed twice is a fault of ours and stops the process.
    package init(id: String, version: String, source: String, codes: [Code]) {
        precondition(codes.allSatisfy { !$0.value.isEmpty && $0.value.isASCII }, "\(id): codes are ASCII")
        self.id = id
        self.version = version
        self.source = source
        self.codes = codes
        values = Set(codes.map(\.value))
        precondition(values.count == codes.count, "\(id): a code is listed twice")
    }

    /// Exact: ASCII is demanded first, because Swift compares canonically equivalent text as equal and U+212A KELVIN
    /// SIGN would pass for the letter K.
    package func contains(_ text: String) -> Bool { text.isASCII && values.contains(text) }

    package var reference: ContentError.ListReference { .init(id: id, version: version) }

    /// How many codes the text of a refusal shows; ``ContentError/allowed`` holds all.
    package static let shownCodeCountLimit = 24

    /// The refusal of something that is not in the list.
    package func refusal(at path: FieldPath) -> ContentError {
        let allowed = codes.map(\.value)
        let shown = allowed.prefix(Self.shownCodeCountLimit).joined(separator: ", ")
        let rest = allowed.count > Self.shownCodeCountLimit ? ", … (\(allowed.count) codes)" : ""
        return ContentError(
            .codeUnknown, at: path, list: reference, allowed: allowed,
            "use a code of \(reference): \(shown)\(rest)")
    }
}
