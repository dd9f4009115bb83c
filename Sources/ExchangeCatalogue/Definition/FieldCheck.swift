import ExchangeCore

/// Checks a value against the kind of its field. The first fault is thrown, with its path.
enum FieldCheck {
    /// Checks an object: its members against the fields, unforeseen ones refused.
    static func check(
        _ value: JSONValue, fields: [Field], at path: FieldPath
    ) throws(ContentError) {
        let reader = try ObjectReader(value, at: path, members: fields.map(\.name))
        for field in fields {
            let place = path.member(field.name)
            guard let member = reader.optional(field.name) else {
                if field.isRequired {
                    throw ContentError(.fieldMissing, at: place, "add this member: \(field.meaning)")
                }
                continue
            }
            if case .codeOfNamedList(let lists) = field.kind {
                try checkCode(member, ofListNamedBy: reader.optional("list"), lists, at: place)
            } else {
                try check(member, field.kind, at: place)
            }
        }
    }

    /// Whatever lies beyond is a slip, or is meant to reach the end of a calendar: terms are counted from what stands here.
    private static let yearsRange = 1900...2199
    private static let years = "of the years \(yearsRange.lowerBound) to \(yearsRange.upperBound)"

    static func check(_ value: JSONValue, _ kind: FieldKind, at path: FieldPath) throws(ContentError) {
        switch kind {
        case .code(let list): try checkCode(value, of: list, at: path)
        case .codeOfNamedList(let lists): try checkCode(value, ofListNamedBy: nil, lists, at: path)
        case .codes(let list, let count): try checkCodes(value, of: list, count: count, at: path)
        case .text(let byteCountLimit): try checkText(value, byteCountLimit: byteCountLimit, at: path)
        case .locationCode:
            try checkText(value, form: "a location code such as BO-07, never an address", at: path, isLocationCode)
        case .languageForm:
            try checkText(value, form: "an ISO 639-3 code: three lower-case letters", at: path) {
                $0.utf8.count == 3 && $0.utf8.allSatisfy(\.isASCIILowerCaseLetter)
            }
        case .boolean:
            guard case .bool = value else { throw invalid(path, "put true or false here, not \(value.kindName)") }
        case .integer(let range):
            guard case .integer(let number) = value, range.contains(number) else {
                throw invalid(path, "put an integer from \(range.lowerBound) to \(range.upperBound) here")
            }
        case .timestamp:
            try checkText(value, form: "\(Form.timestamp) \(years)", at: path) { text in
                Timestamp(text).map { yearsRange.contains(CalendarDate($0).year) } ?? false
            }
        case .date:
            try checkText(value, form: "a date such as 2009-03-01 \(years)", at: path) { text in
                CalendarDate(text).map { yearsRange.contains($0.year) } ?? false
            }
        case .messageID: try checkText(value, form: Form.messageID, at: path) { MessageID($0) != nil }
        case .caseReference: try checkText(value, form: Form.caseReference, at: path) { CaseReference($0) != nil }
        case .oin: try checkText(value, form: Form.oin, at: path) { OIN($0) != nil }
        case .digest: try checkText(value, form: Form.digest, at: path) { Digest(lowerCaseHexadecimal: $0) != nil }
        case .party: _ = try Party(value, at: path)
        case .object(let fields): try check(value, fields: fields, at: path)
        case .array(let element, let count):
            for (index, item) in try elements(value, count: count, at: path).enumerated() {
                try check(item, element, at: path.element(index))
            }
        }
    }

    // MARK: Codes

    private static func checkCode(_ value: JSONValue, of list: CodeList, at path: FieldPath) throws(ContentError) {
        guard case .string(let text) = value, list.contains(text) else { throw list.refusal(at: path) }
    }

    private static func checkCode(
        _ value: JSONValue, ofListNamedBy name: JSONValue?, _ lists: [CodeList], at path: FieldPath
    ) throws(ContentError) {
        guard case .string(let id)? = name, let list = lists.first(where: { $0.id.hasSameCodeUnits(as: id) }) else {
            throw ContentError(
                .fieldInvalid, at: path, allowed: lists.map(\.id),
                "name the list of this code in the member list beside it: \(lists.map(\.id).joined(separator: ", "))")
        }
        try checkCode(value, of: list, at: path)
    }

    private static func checkCodes(
        _ value: JSONValue, of list: CodeList, count: ClosedRange<Int>, at path: FieldPath
    ) throws(ContentError) {
        let items = try elements(value, count: count, at: path)
        for (index, item) in items.enumerated() {
            try checkCode(item, of: list, at: path.element(index))
            guard !items[..<index].contains(item) else {
                throw invalid(path.element(index), "name each code once")
            }
        }
    }

    // MARK: Text and arrays

    private static func checkText(
        _ value: JSONValue, byteCountLimit: Int, at path: FieldPath
    ) throws(ContentError) {
        let text = try ObjectReader.text(value, at: path)
        guard text.utf8.count <= byteCountLimit else {
            throw invalid(path, "shorten the text from \(text.utf8.count) to \(byteCountLimit) bytes of UTF-8")
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw invalid(path, "write at least one character that is not white space")
        }
        guard text.unicodeScalars.allSatisfy({ $0 == "\t" || $0 == "\n" || !$0.isControl }) else {
            throw invalid(path, "remove the control characters; tab and line feed may stay")
        }
    }

    private static func checkText(
        _ value: JSONValue, form: String, at path: FieldPath, _ isValid: (String) -> Bool
    ) throws(ContentError) {
        guard isValid(try ObjectReader.text(value, at: path)) else { throw invalid(path, "put \(form) here") }
    }

    private static func isLocationCode(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.count == 2 && (2...4).contains(parts[0].count) && (2...4).contains(parts[1].count)
            && parts[0].allSatisfy(\.isASCIIUpperCaseLetter) && parts[1].allSatisfy(\.isASCIIDigit)
    }

    private static func elements(
        _ value: JSONValue, count: ClosedRange<Int>, at path: FieldPath
    ) throws(ContentError) -> [JSONValue] {
        guard case .array(let elements) = value else {
            throw invalid(path, "put an array here, not \(value.kindName)")
        }
        guard count.contains(elements.count) else {
            throw invalid(path, "put \(count.lowerBound) to \(count.upperBound) elements here, not \(elements.count)")
        }
        return elements
    }

    private static func invalid(_ path: FieldPath, _ message: String) -> ContentError {
        ContentError(.fieldInvalid, at: path, message)
    }
}
