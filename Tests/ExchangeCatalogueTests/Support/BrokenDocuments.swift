import ExchangeCatalogue

extension Example {
    /// Every place of the example broken in turn: a value that is null, an object with a member too many, a coded or
    /// formed value that is text of another kind, a required member that is gone.
    var brokenDocuments: [(fault: String, document: JSONValue)] {
        var broken: [(String, JSONValue)] = []
        Self.visit(document, at: []) { path, value in
            if !path.isEmpty { broken.append(("null at \(path.fieldPath)", document.replacing(path, with: .null))) }
            if case .object = value {
                let extra = path + ["unforeseen"]
                broken.append(("member \(extra.fieldPath)", document.replacing(extra, with: true)))
            }
        }
        for field in definition.fields {
            let path: [PathStep] = ["body", .member(field.name)]
            if field.isRequired {
                broken.append(("no \(path.fieldPath)", document.replacing(path, with: nil)))
            }
            switch field.kind {
            case .text, .array(.text, _): break
            default: broken.append(("text at \(path.fieldPath)", document.replacing(path, with: "Not A Code")))
            }
        }
        for name in ["type", "purpose", "legalBasis", "body"] {
            broken.append(("no \(name)", document.replacing([.member(name)], with: nil)))
        }
        return broken
    }

    private static func visit(_ value: JSONValue, at path: [PathStep], _ body: ([PathStep], JSONValue) -> Void) {
        body(path, value)
        switch value {
        case .object(let object):
            for member in object.members { visit(member.value, at: path + [.member(member.name)], body) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { visit(element, at: path + [.element(index)], body) }
        default: break
        }
    }
}
