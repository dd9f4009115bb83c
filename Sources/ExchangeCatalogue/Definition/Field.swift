/// One member of a body: its name, its kind, whether it must be there, and what it means.
package struct Field: Sendable {
    package let name: String
    package let kind: FieldKind
    package let isRequired: Bool
    /// One English sentence; it becomes the description in the JSON Schema.
    package let meaning: String

    package static func required(_ name: String, _ kind: FieldKind, _ meaning: String) -> Field {
        Field(name: name, kind: kind, isRequired: true, meaning: meaning)
    }

    package static func optional(_ name: String, _ kind: FieldKind, _ meaning: String) -> Field {
        Field(name: name, kind: kind, isRequired: false, meaning: meaning)
    }
}

/// What may stand in a field. ``FieldCheck`` says how each is checked, ``JSONSchema`` how each is described to others.
package indirect enum FieldKind: Sendable {
    /// One code of one list.
    case code(CodeList)
    /// One code of the list whose id stands in the member `list` beside it.
    case codeOfNamedList([CodeList])
    /// Codes of one list, none twice.
    case codes(CodeList, count: ClosedRange<Int>)
    /// Text that is not blank and has no control characters but tab and line feed; the limit is in bytes of UTF-8.
    case text(byteCountLimit: Int)
    /// A place by its code in the partners' directory, never an address: two to four capitals, a hyphen and two to
    /// four digits, such as `BO-07`.
    case locationCode
    /// An ISO 639-3 code **by its form only** (three lower-case letters): the list of some 7,900 languages is not
    /// held here, and a subset would refuse a child's language.
    case languageForm
    case boolean
    case integer(ClosedRange<Int64>)
    case timestamp
    /// A day of the calendar, `2009-03-01` (RFC 3339 full-date).
    case date
    case messageID
    case caseReference
    case oin
    /// SHA-256 in 64 lower-case hexadecimal digits.
    case digest
    /// One organisation in one role.
    case party
    case object([Field])
    case array(FieldKind, count: ClosedRange<Int>)
}
