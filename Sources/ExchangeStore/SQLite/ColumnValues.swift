import ExchangeCore
import Foundation
import GRDB

// How the core's values stand in columns. Writing cannot fail but for a number beyond SQLite's range; reading says
// which column holds what nobody wrote.

extension UniqueIdentifier {
    var column: Data { Data(bytes) }
}

extension Digest {
    var column: Data { Data(bytes) }
}

extension SequenceNumber {
    /// - Throws: `invariant-violated` beyond 2⁶³ − 1, which no channel reaches: callers hold numbers to
    ///   ``ProtocolLimits/channelMaximumGap`` first.
    func column() throws(StoreError) -> Int64 {
        guard let number = Int64(exactly: value) else { throw .invariant("number \(value) is out of range") }
        return number
    }
}

/// One row of a result, read by column index.
struct StoredRow {
    private let row: Row

    init(_ row: Row) { self.row = row }

    func integer(_ index: Int) -> Int64 { row[index] }
    func count(_ index: Int) -> Int { row[index] }
    func flag(_ index: Int) -> Bool { row[index] }
    func text(_ index: Int) -> String { row[index] }
    func bytes(_ index: Int) -> [UInt8] { [UInt8](row[index] as Data) }
    func isNull(_ index: Int) -> Bool { row.hasNull(atIndex: index) }

    func timestamp(_ index: Int) -> Timestamp { Timestamp(milliseconds: row[index]) }
    func optionalTimestamp(_ index: Int) -> Timestamp? { (row[index] as Int64?).map(Timestamp.init(milliseconds:)) }

    func number(_ index: Int) throws(StoreError) -> SequenceNumber {
        guard let value = UInt64(exactly: row[index] as Int64) else { throw unreadable(index) }
        return SequenceNumber(value)
    }

    func digest(_ index: Int) throws(StoreError) -> Digest { try value(index, Digest(bytes(index))) }
    func optionalDigest(_ index: Int) throws(StoreError) -> Digest? { isNull(index) ? nil : try digest(index) }
    func oin(_ index: Int) throws(StoreError) -> OIN { try value(index, OIN(text(index))) }

    func identifier<ID: UniqueIdentifier>(_ index: Int, _: ID.Type = ID.self) throws(StoreError) -> ID {
        try value(index, ID(bytes: bytes(index)))
    }

    func optionalIdentifier<ID: UniqueIdentifier>(_ index: Int, _: ID.Type = ID.self) throws(StoreError) -> ID? {
        isNull(index) ? nil : try identifier(index)
    }

    /// A word of a closed vocabulary.
    func word<Word: RawRepresentable<String>>(_ index: Int, _: Word.Type = Word.self) throws(StoreError) -> Word {
        try value(index, Word(rawValue: text(index)))
    }

    func position(_ index: Int) throws(StoreError) -> ChannelPosition {
        ChannelPosition(number: try number(index), runningDigest: try digest(index + 1))
    }

    func value<Value>(_ index: Int, _ parsed: Value?) throws(StoreError) -> Value {
        guard let parsed else { throw unreadable(index) }
        return parsed
    }

    private func unreadable(_ index: Int) -> StoreError {
        .unreadable(Array(row.columnNames)[index])
    }
}

extension Database {
    func all<Value>(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(), _ read: (StoredRow) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try read(StoredRow(row))) }
        return values
    }

    func first<Value>(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(), _ read: (StoredRow) throws -> Value
    ) throws -> Value? {
        let rows = try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments)
        return try rows.next().map { try read(StoredRow($0)) }
    }

    /// - Returns: how many rows changed.
    @discardableResult
    func change(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        return changesCount
    }

    /// For a change of exactly one row, which the core has seen in this transaction.
    func changeOne(_ what: @autoclosure () -> String, _ sql: String, _ arguments: StatementArguments) throws {
        guard try change(sql, arguments) == 1 else { throw StoreError.invariant("no such \(what())") }
    }
}

/// The columns of a ``MessageSummary``, in the order in which ``init(_:from:)`` reads them.
extension MessageSummary {
    static let columnCount = 11
    static let columns = """
        m.id, m.digest, m.type_code, m.type_version, m.sender, m.sender_role, m.case_reference, m.priority,
        m.created_at, m.wanted, m.is_handed_over
        """

    init(_ row: StoredRow, from index: Int) throws(StoreError) {
        self.init(
            id: try row.identifier(index), digest: try row.digest(index + 1),
            type: try row.value(
                index + 2, MessageType(code: row.text(index + 2), version: row.count(index + 3))),
            sender: Party(oin: try row.oin(index + 4), role: try row.word(index + 5)),
            caseReference: try row.identifier(index + 6), priority: try row.word(index + 7),
            created: row.timestamp(index + 8),
            wanted: try row.value(index + 9, AcknowledgementLevel(rawValue: row.count(index + 9))),
            isHandedOver: row.flag(index + 10))
    }
}

extension KeptAnswer {
    /// - Parameter index: of the columns answer, note, proof.
    init(_ row: StoredRow, from index: Int) throws(StoreError) {
        self =
            switch row.text(index) {
            case "receipt": .receipt(row.bytes(index + 2))
            case "refusal": .refusal(try row.word(index + 1), row.bytes(index + 2))
            case "void": .noted(.void, reason: row.text(index + 1))
            case "held": .noted(.held, reason: row.text(index + 1))
            default: throw .unreadable("answer")
            }
    }

    func columns() throws(StoreError) -> (answer: String, note: String, proof: Data) {
        switch self {
        case .receipt(let proof): ("receipt", "", Data(proof))
        case .refusal(let code, let proof): ("refusal", code.rawValue, Data(proof))
        case .noted(.void, let reason): ("void", reason, Data())
        case .noted(.held, let reason): ("held", reason, Data())
        case .noted(.message, _), .noted(.again, _): throw .invariant("a message is receipted or refused, not noted")
        }
    }
}

/// One line, such as `agree 12 3`: for the console, which shows the last comparison after a restart too.
extension ChannelAgreement {
    var column: String {
        switch self {
        case .agree(let number, let behind): "agree \(number) \(behind)"
        case .differ(let number): "differ \(number)"
        case .ahead(let issued, let received): "ahead \(issued) \(received)"
        case .lost(let first, let last): "lost \(first) \(last)"
        case .undecided: "undecided"
        }
    }

    init?(column: String) {
        let words = column.split(separator: " ")
        let numbers = words.dropFirst().compactMap { UInt64($0) }
        switch (words.first, numbers.count) {
        case ("agree", 2): self = .agree(at: SequenceNumber(numbers[0]), behind: numbers[1])
        case ("differ", 1): self = .differ(at: SequenceNumber(numbers[0]))
        case ("ahead", 2): self = .ahead(issued: SequenceNumber(numbers[0]), received: SequenceNumber(numbers[1]))
        case ("lost", 2) where numbers[0] <= numbers[1]:
            self = .lost(from: SequenceNumber(numbers[0]), to: SequenceNumber(numbers[1]))
        case ("undecided", 0): self = .undecided
        default: return nil
        }
    }
}
