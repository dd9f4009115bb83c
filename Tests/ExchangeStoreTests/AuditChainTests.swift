import ExchangeCore
import GRDB
import Testing

@testable import ExchangeStore

@Suite(.temporaryFolder) struct AuditChainTests {
    /// What a hand on the file can do to one leaf; `?` is its ordinal.
    private static let tampering = [
        "UPDATE audit SET leaf = CAST(leaf || x'00' AS BLOB) WHERE ordinal = ?",
        "UPDATE audit SET hash = zeroblob(32) WHERE ordinal = ?",
        "DELETE FROM audit WHERE ordinal = ?",
        "UPDATE audit SET leaf = (SELECT leaf FROM audit WHERE ordinal = 1) WHERE ordinal = ?",
    ]

    @Test(arguments: tampering, [2, 5, 8])
    func `a leaf that was changed is found where it stands`(statement: String, ordinal: Int) async throws {
        let ledger = try await Sample.openSQLite()
        for message in 1...4 { try await ledger.accept(message) }
        #expect(try await ledger.verifyAuditChain() != .broken(atLeaf: ordinal))
        try await ledger.write(at: Sample.start) {
            try $0.database.execute(sql: "DROP TRIGGER audit_unchanged; DROP TRIGGER audit_kept")
            try $0.database.execute(sql: statement, arguments: [ordinal])
        }
        #expect(try await ledger.verifyAuditChain() == .broken(atLeaf: ordinal))
    }

    @Test func `the chain is SHA-256 over the hash before and the leaf`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.accept(1)
        let rows = try await ledger.read { database in
            try database.all("SELECT leaf, hash FROM audit ORDER BY ordinal") { ($0.bytes(0), $0.bytes(1)) }
        }
        var head = [UInt8](repeating: 0, count: 32)
        for (leaf, hash) in rows {
            head = SHA256.hash(head + leaf)
            #expect(hash == head)
        }
        #expect(rows.count == 3)
        #expect(try await ledger.verifyAuditChain() == .intact(leaves: 3, head: try #require(Digest(head))))
    }

    @Test(arguments: 0..<4)
    func `where a leaf cannot be written, nothing of the decision is`(written: Int) async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.receive(1, number: 1)
        let proposal = try await ledger.proposal(2, number: 2)
        let before = try await Rows.of(ledger)
        // After so many leaves the next cannot be written: what the decision wrote before it has to be taken back.
        let leaves = try #require(before["audit"]).count + written
        try await ledger.write(at: Sample.start) {
            try $0.database.execute(
                sql: """
                    CREATE TEMP TRIGGER no_leaf BEFORE INSERT ON main.audit
                    WHEN NEW.ordinal > \(leaves) BEGIN SELECT RAISE(ABORT, 'no leaf'); END
                    """)
        }
        // The step in the inbox, the message and three deliveries: five leaves.
        let request = Sample.request(
            try Sample.message(1), to: [Community.avim, Community.coa, Community.nidos], key: "key",
            inboxStep: InboxStep(
                messageID: try Sample.message(1, from: Community.avim).id, step: .owned, role: "duty officer"))
        await #expect(throws: StoreError.self) {
            try await ledger.accept(request, limits: NodeLimits(), now: Sample.now())
        }
        if written == 0 {
            await #expect(throws: StoreError.self) {
                try await ledger.receive([proposal], from: Community.avim, limits: NodeLimits(), now: Sample.now())
            }
        }
        #expect(try await Rows.of(ledger) == before)
        try await ledger.write(at: Sample.start) { try $0.database.execute(sql: "DROP TRIGGER temp.no_leaf") }
        let result = try await ledger.accept(request, limits: NodeLimits(), now: Sample.now())
        #expect(result == .accepted(request.message.id))
    }

    @Test func `SHA-256 of these tests is that of FIPS 180-4`() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        let long = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        #expect(SHA256.hash(Array("abc".utf8)).hexadecimal == abc)
        #expect(SHA256.hash([]).hexadecimal == empty)
        #expect(
            SHA256.hash(Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)).hexadecimal == long)
    }
}
