/// What an organisation is in the chain; decides which message types it may send and receive.
public enum Role: String, CaseIterable, Hashable, Sendable, Comparable {
    case guardian, police, immigration, reception, provider
    case mentalHealth = "mental-health"
    case health
    case refugeeCouncil = "refugee-council"
    case lawyer, prosecutor, commission
    /// Registers who may be a victim (CoMensha).
    case coordinationCentre = "coordination-centre"
    case municipality

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// FHIR request-priority, least pressing first.
public enum Priority: String, CaseIterable, Hashable, Sendable, Comparable {
    case routine, urgent, asap, stat

    /// 0 for routine to 3 for stat: the order in which queued deliveries leave.
    public var rank: Int {
        switch self {
        case .routine: 0
        case .urgent: 1
        case .asap: 2
        case .stat: 3
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// Traffic Light Protocol 2.0 (FIRST): who may see a message beyond its recipients.
public enum HandlingCode: String, CaseIterable, Hashable, Sendable {
    case red
    case amberStrict = "amber+strict"
    case amber, green, clear
}

/// A message type of the catalogue, such as `SIG-01`, with the version of its schema.
public struct MessageType: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Three upper-case letters, a hyphen and two digits.
    public let code: String
    public let version: Int

    /// Returns `nil` for a code of another form or a version outside 1 to 99.
    public init?(code: some StringProtocol, version: Int = 1) {
        let characters = Array(code.utf8)
        guard characters.count == 6, characters.prefix(3).allSatisfy(\.isUpperCaseLetter),
            characters[3] == UInt8(ascii: "-"), characters.suffix(2).allSatisfy(\.isDigit), (1...99).contains(version)
        else { return nil }
        self.code = String(decoding: characters, as: UTF8.self)
        self.version = version
    }

    public var description: String { "\(code).v\(version)" }
    public static func < (left: Self, right: Self) -> Bool { (left.code, left.version) < (right.code, right.version) }
}

/// One organisation in one role, as a sender or recipient of a message.
public struct Party: Hashable, Sendable, Comparable {
    public let oin: OIN
    public let role: Role

    public init(oin: OIN, role: Role) {
        self.oin = oin
        self.role = role
    }

    public static func < (left: Self, right: Self) -> Bool { (left.oin, left.role) < (right.oin, right.role) }
}

/// How far a message of a type must be acknowledged before its sender stops asking (domain brief 2.1).
public enum AcknowledgementLevel: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// L1: the recipient's node proved that it holds the message.
    case receipt = 1
    /// L2: a named duty role owns it, or declined it with a reason.
    case ownership = 2
    /// L3: what was done, also where that is nothing, and why.
    case outcome = 3

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
