import ExchangeCatalogue
import ExchangeCore
import Testing

/// The example community: test organisations, one a role.
enum Community {
    static let members: [(suffix: String, role: Role)] = [
        ("1000", .guardian), ("2000", .police), ("3000", .immigration), ("4000", .reception), ("5000", .provider),
        ("6000", .mentalHealth), ("7000", .health), ("8000", .lawyer), ("9000", .prosecutor), ("1100", .commission),
        ("1200", .coordinationCentre), ("1300", .municipality),
    ]

    static func party(_ role: Role) throws -> Party {
        let member = try #require(members.first { $0.role == role })
        return Party(oin: try #require(OIN("0000009900000000" + member.suffix)), role: role)
    }

    static func organisations(_ role: Role) -> [OIN] {
        members.filter { $0.role == role }.compactMap { OIN("0000009900000000" + $0.suffix) }
    }

    static let created = Timestamp(milliseconds: 1_795_454_088_123)

    static func messageID(_ number: UInt64) -> MessageID {
        MessageID(at: created, random: Bytes16(high: number, low: number &* 0x9E37_79B9_7F4A_7C15))
    }

    static let caseRef = CaseReference(random: Bytes16(high: 0x5F0C_2A6E_9D1B_4C37, low: 0x8A54_2E7D_1F90_B3C6))
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }

    var bytes: [UInt8] { get throws { try JSONWriter.write(self) } }

    /// The same document with another value at a path of member names and indices; `nil` removes a member.
    func replacing(_ path: [PathStep], with value: JSONValue?) -> JSONValue {
        guard let step = path.first else { return value ?? .null }
        let rest = Array(path.dropFirst())
        switch (self, step) {
        case (.object(var object), .member(let name)):
            if rest.isEmpty {
                object[name] = value
            } else {
                object[name] = (object[name] ?? .object(JSONObject())).replacing(rest, with: value)
            }
            return .object(object)
        case (.array(var elements), .element(let index)):
            elements[index] = elements[index].replacing(rest, with: value)
            return .array(elements)
        default:
            return self
        }
    }
}

enum PathStep: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case member(String)
    case element(Int)

    init(stringLiteral name: String) { self = .member(name) }
    init(integerLiteral index: Int) { self = .element(index) }
}
