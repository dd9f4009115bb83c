package import ExchangeCore

/// Members of a body as rules read them, once the form of the body was checked.
extension SignedContent {
    /// A text of the body.
    package func text(_ member: String) -> String? {
        guard case .string(let text)? = body[member] else { return nil }
        return text
    }

    package func flag(_ member: String) -> Bool? {
        guard case .bool(let flag)? = body[member] else { return nil }
        return flag
    }

    package func day(_ member: String) -> CalendarDate? { text(member).flatMap { CalendarDate($0) } }
    package func moment(_ member: String) -> Timestamp? { text(member).flatMap { Timestamp($0) } }
    package func messageID(_ member: String) -> MessageID? { text(member).flatMap { MessageID($0) } }

    /// The objects of an array of the body, in its order.
    package func objects(_ member: String) -> [JSONObject] {
        guard case .array(let elements)? = body[member] else { return [] }
        return elements.compactMap { element in
            guard case .object(let object) = element else { return nil }
            return object
        }
    }
}
