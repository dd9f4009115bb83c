/// Why bytes are not a JSON document that this project reads: what, where (byte and path), and what to do.
///
/// No value of the document stands in the message: a document may hold a child's name, and errors go into logs.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, CaseIterable, Sendable {
        /// More bytes than the limit.
        case tooLarge = "json-too-large"
        /// Containers nested deeper than the limit.
        case tooDeep = "json-too-deep"
        /// A byte that the grammar of RFC 8259 does not allow here, or an early end.
        case malformed = "json-malformed"
        /// Bytes that are not UTF-8 (RFC 3629 §3).
        case notUTF8 = "json-not-utf8"
        /// Half of a UTF-16 surrogate pair in an escape (RFC 7493 §2.1).
        case loneSurrogate = "json-lone-surrogate"
        /// A name that its object has already (RFC 7493 §2.3).
        case duplicateMember = "json-duplicate-member"
        /// A number with a fraction or an exponent.
        case numberNotInteger = "json-number-not-integer"
        /// An integer beyond ±(2^53 − 1).
        case numberOutOfRange = "json-number-out-of-range"
        /// Anything but white space after the document.
        case trailingBytes = "json-trailing-bytes"
    }

    package let code: Code
    /// Bytes before the fault, counted from the start of the document; 0 where a value in memory was written.
    package let byteOffset: Int
    package let path: FieldPath
    package let message: String

    package var description: String { "\(code.rawValue) at byte \(byteOffset), \(path): \(message)" }
}
