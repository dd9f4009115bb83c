package import ExchangeCore
import Foundation
import GRDB

// By what signatures were judged, and when.

extension SQLiteLedger {
    package func keepValidationData(_ inUse: [ValidationObject], at: Timestamp) async throws {
        try await write(at: at) { transaction in
            let before = try transaction.database.validationDigestsInUse()
            let objects = Dictionary(inUse.map { ($0.digest, $0) }) { first, _ in first }
            let digests = objects.keys.sorted()
            guard Set(digests) != before else { return }
            for digest in before.subtracting(digests) {
                try transaction.database.changeOne(
                    "object in use", ValidationQueries.end, [at.milliseconds, digest.column])
            }
            for object in digests.compactMap({ objects[$0] }) where !before.contains(object.digest) {
                try transaction.database.change(
                    ValidationQueries.keep,
                    [object.digest.column, object.kind.rawValue, Data(object.keyIdentifier), Data(object.der)])
                try transaction.database.change(ValidationQueries.begin, [at.milliseconds, object.digest.column])
            }
            try transaction.append(
                AuditLeaf(
                    .validationDataChanged, at: at, digest: transaction.digest(digests.flatMap(\.bytes)),
                    note: "\(digests.count) objects"))
        }
    }

    package func validationData(at moment: Timestamp) async throws -> [ValidationObject] {
        try await read { [limits] database in
            try database.all(
                ValidationQueries.inUse,
                [(moment + limits.validationDataMaximumDelay).milliseconds, moment.milliseconds]
            ) { try ValidationObject($0) }
        }
    }

    package func signers(named keyIdentifier: [UInt8]) async throws -> [ValidationObject] {
        try await read { database in
            try database.all(ValidationQueries.signers, [Data(keyIdentifier)]) { try ValidationObject($0) }
        }
    }
}

enum ValidationQueries {
    static let keep = """
        INSERT OR IGNORE INTO validation_object (digest, kind, key_identifier, der) VALUES (?, ?, ?, ?)
        """
    static let begin = """
        INSERT INTO validation_period (object, used_from)
        SELECT ordinal, ?1 FROM validation_object WHERE digest = ?2
        """
    static let end = """
        UPDATE validation_period SET used_until = ?1
        WHERE used_until IS NULL AND object = (SELECT ordinal FROM validation_object WHERE digest = ?2)
        """
    static let digestsInUse = """
        SELECT o.digest FROM validation_period p JOIN validation_object o ON o.ordinal = p.object
        WHERE p.used_until IS NULL
        """
    private static let columns = "o.kind, o.digest, o.key_identifier, o.der"
    /// - Its parameters: the latest beginning, the earliest end. Those of whose use is no end are most of them, and are read
    ///   by another index than those that were replaced.
    static let inUse = """
        SELECT \(columns) FROM validation_object o WHERE o.ordinal IN (
            SELECT object FROM validation_period WHERE used_until IS NULL AND used_from <= ?1
            UNION SELECT object FROM validation_period WHERE used_until >= ?2 AND used_from <= ?1)
        ORDER BY o.ordinal
        """
    static let inUseNow = """
        SELECT \(columns) FROM validation_object o JOIN validation_period p ON p.object = o.ordinal
        WHERE p.used_until IS NULL ORDER BY o.ordinal
        """
    static let signers = """
        SELECT \(columns) FROM validation_object o WHERE o.kind = 'signer' AND o.key_identifier = ? ORDER BY o.ordinal DESC
        """
}

extension Database {
    func validationDataInUse() throws -> [ValidationObject] {
        try all(ValidationQueries.inUseNow) { try ValidationObject($0) }
    }

    fileprivate func validationDigestsInUse() throws -> Set<Digest> {
        Set(try all(ValidationQueries.digestsInUse) { try $0.digest(0) })
    }
}

extension ValidationObject {
    fileprivate init(_ row: StoredRow) throws {
        self.init(try row.word(0), digest: try row.digest(1), keyIdentifier: row.bytes(2), der: row.bytes(3))
    }
}
