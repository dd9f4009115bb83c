package import ExchangeCore
import Foundation
import GRDB

// By what signatures were judged, and when.

extension SQLiteLedger {
    package func keepValidationData(_ inUse: [ValidationObject], since: Timestamp, at: Timestamp) async throws {
        try await write(at: at) { transaction in
            let before = try transaction.database.validationKindsInUse()
            let objects = Dictionary(inUse.map { ($0.digest, $0) }) { first, _ in first }
            guard objects.mapValues(\.kind) != before else { return }
            let digests = objects.keys.sorted()
            for digest in before.keys.sorted() where objects[digest]?.kind != before[digest] {
                try transaction.database.changeOne(
                    "object in use", ValidationQueries.end, [since.milliseconds, digest.column])
            }
            for object in digests.compactMap({ objects[$0] }) where before[object.digest] != object.kind {
                try transaction.database.change(
                    ValidationQueries.keep, [object.digest.column, Data(object.der)])
                try transaction.database.change(
                    ValidationQueries.begin, [object.kind.rawValue, since.milliseconds, object.digest.column])
            }
            try transaction.append(
                AuditLeaf(
                    .validationDataChanged, at: at, digest: transaction.digest(digests.flatMap(\.bytes)),
                    note: "\(digests.count) objects"))
        }
    }

    package func validationData(at moment: Timestamp) async throws -> [Digest: ValidationObject.Kind] {
        try await read { try $0.validationKinds(ValidationQueries.inUse, [moment.milliseconds]) }
    }

    package func validationObjects(_ digests: Set<Digest>) async throws -> [Digest: [UInt8]] {
        try await read { database in
            var found: [Digest: [UInt8]] = [:]
            for digest in digests {
                found[digest] = try database.first(ValidationQueries.object, [digest.column]) { $0.bytes(0) }
            }
            return found
        }
    }
}

enum ValidationQueries {
    static let keep = """
        INSERT INTO validation_object (digest, der) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING
        """
    static let begin = """
        INSERT INTO validation_period (object, kind, used_from)
        SELECT ordinal, ?1, ?2 FROM validation_object WHERE digest = ?3
        """
    /// A clock that was set back ends nothing before it began.
    static let end = """
        UPDATE validation_period SET used_until = max(used_from, ?1)
        WHERE used_until IS NULL AND object = (SELECT ordinal FROM validation_object WHERE digest = ?2)
        """
    /// Those of whose use is no end are most of them, and are read by another index than those that were replaced.
    static let inUse = """
        SELECT o.digest, p.kind FROM validation_period p JOIN validation_object o ON o.ordinal = p.object
        WHERE p.used_until IS NULL AND p.used_from <= ?1
        UNION ALL
        SELECT o.digest, p.kind FROM validation_period p JOIN validation_object o ON o.ordinal = p.object
        WHERE p.used_until > ?1 AND p.used_from <= ?1
        """
    static let kindsInUse = """
        SELECT o.digest, p.kind FROM validation_period p JOIN validation_object o ON o.ordinal = p.object
        WHERE p.used_until IS NULL
        """
    static let revocationListsInUse = """
        SELECT o.der FROM validation_period p JOIN validation_object o ON o.ordinal = p.object
        WHERE p.used_until IS NULL AND p.kind = 'revocation-list' ORDER BY p.ordinal
        """
    static let object = "SELECT der FROM validation_object WHERE digest = ?"
}

extension Database {
    func revocationListsInUse() throws -> [[UInt8]] {
        try all(ValidationQueries.revocationListsInUse) { $0.bytes(0) }
    }

    fileprivate func validationKindsInUse() throws -> [Digest: ValidationObject.Kind] {
        try validationKinds(ValidationQueries.kindsInUse, [])
    }

    fileprivate func validationKinds(
        _ sql: String, _ arguments: StatementArguments
    ) throws -> [Digest: ValidationObject.Kind] {
        let rows = try all(sql, arguments) { row in (try row.digest(0), try row.word(1, ValidationObject.Kind.self)) }
        return Dictionary(rows) { first, _ in first }
    }
}
