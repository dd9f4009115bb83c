import ExchangeCore
import Foundation
import GRDB
import Testing

@testable import ExchangeStore

/// What a store makes of the file that it finds.
@Suite(.temporaryFolder) struct OpeningTests {
    private func refusal(limits: StoreLimits = StoreLimits()) async -> StoreError? {
        await #expect(throws: StoreError.self) { try await Sample.openSQLite(limits: limits) }
    }

    private func edit(_ body: (Database) throws -> Void) throws {
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        try queue.writeWithoutTransaction(body)
        try queue.close()
    }

    #if os(Linux)
        @Test func `the lock ends with its release, also where a child has its file still`() throws {
            let path = TemporaryFolder.store + ".lock"
            let lock = try FolderLock(at: path)
            // What a child has between its fork and its exec: another descriptor of the same open file.
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap {
                Int32($0)
            }
            let descriptor = try #require(
                descriptors.first {
                    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
                })
            let inherited = dup(descriptor)
            defer { close(inherited) }
            lock.release()
            try FolderLock(at: path).release()
        }
    #endif

    @Test func `a second opening is refused with the holder's process id, until the first is closed`() async throws {
        let first = try await Sample.openSQLite()
        let error = await refusal()
        #expect(error?.code == .storeLocked)
        #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        try await first.close()
        try await first.close()
        let second = try await Sample.openSQLite()
        #expect(second.opening.predecessors.map(\.incarnation) == [first.opening.incarnation])
    }

    @Test func `a closed store refuses writes and reads`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.close()
        let write = await #expect(throws: StoreError.self) { try await ledger.accept(1) }
        #expect(write?.code == .storeUnavailable)
        let read = await #expect(throws: StoreError.self) { try await ledger.due() }
        #expect(read?.code == .storeUnavailable)
    }

    @Test func `closing empties the log into the database`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.accept(1)
        try await ledger.close()
        #expect(StoreFile.byteCount(of: TemporaryFolder.store + "-wal") == 0)
        let copy = TemporaryFolder.path + "/copy.sqlite"
        try FileManager.default.copyItem(atPath: TemporaryFolder.store, toPath: copy)
        #expect(try await Sample.openSQLite(at: copy).due().numbers == [1])
    }

    @Test func `a store is opened under the archive key of its first opening alone, and else not changed`() async throws
    {
        struct WrongKey: Error {}
        @Sendable func check(_ key: UInt8) -> ArchiveKeyCheck {
            ArchiveKeyCheck(fresh: [key]) { kept in
                guard kept == [key] else { throw WrongKey() }
            }
        }
        @Sendable func opened(_ name: String, under key: UInt8?) async throws -> SQLiteLedger {
            try await SQLiteLedger.open(
                at: TemporaryFolder.path + "/" + name, digest: SHA256.digest, random: Sample.random, now: Sample.now(),
                archiveKey: key.map(check))
        }
        func expectRefused(_ name: String) async throws {
            let path = URL(fileURLWithPath: TemporaryFolder.path + "/" + name)
            let before = try Data(contentsOf: path)
            do {
                try await opened(name, under: 2).close()
                Issue.record("the store was opened under another key")
            } catch let error as StoreError {
                #expect(error.code == .archiveKeyWrong)
            }
            #expect(try Data(contentsOf: path) == before)
        }
        try await opened("new.sqlite", under: 1).close()
        try await expectRefused("new.sqlite")
        try await opened("new.sqlite", under: 1).close()

        // One from before the check has nothing but the keys of its cases.
        let older = try await opened("older.sqlite", under: nil)
        _ = try await older.caseKey(for: Sample.case1, orKeep: [1])
        try await older.close()
        try await expectRefused("older.sqlite")
        try await opened("older.sqlite", under: 1).close()
    }

    @Test func `the files are readable by their owner alone`() async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.accept(1)
        for suffix in ["", "-wal", "-shm", ".lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: TemporaryFolder.store + suffix)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(suffix)")
        }
    }

    @Test func `a store of a newer version is refused and stays as it is`() async throws {
        try await Sample.openSQLite().close()
        try edit { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999')") }
        let before = try Data(contentsOf: URL(fileURLWithPath: TemporaryFolder.store))
        #expect(await refusal()?.code == .storeNewer)
        #expect(try Data(contentsOf: URL(fileURLWithPath: TemporaryFolder.store)) == before)
    }

    @Test func `a store of the first version is brought to this one, with all that is in it`() async throws {
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        try Schema.migrator.migrate(queue, upTo: "1")
        try await queue.write {
            try $0.execute(
                sql: "INSERT INTO partner (oin, duplicates) VALUES (?, 7)", arguments: [Community.avim.text])
        }
        try queue.close()
        let ledger = try await Sample.openSQLite()
        #expect(try await ledger.partners().map(\.duplicates) == [7])
        #expect(
            try await ledger.receive(1, number: 1) == .kept(.receipt(Array("receipt 1 under 1".utf8))))
    }

    /// A received message, with the columns that stores of all versions from the first alarm on have.
    private static func insert(_ message: MessageSummary, into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO message (id, digest, type_code, type_version, sender, sender_role, case_reference,
                    priority, created_at, wanted, is_handed_over, is_outgoing, kept_at, envelope)
                VALUES (?, ?, 'SIG-01', 1, ?, 'police', ?, 'stat', 0, 3, 1, 0, 0, x'01')
                """,
            arguments: [
                Data(message.id.bytes), Data(message.digest.bytes), message.sender.oin.text,
                Data(message.caseReference.bytes),
            ])
    }

    @Test func `an alarm that was open before counts on the share of its message's sender`() async throws {
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        try Schema.migrator.migrate(queue, upTo: "co-recipients")
        let message = try Sample.message(1, from: Community.avim)
        try await queue.write { database in
            try Self.insert(message, into: database)
            try database.execute(
                sql: """
                    INSERT INTO alarm (code, partner, message_id, detail, raised_at)
                    VALUES ('acknowledgement-overdue', '', ?, 'late', 1), ('delivery-refused', ?, ?, 'no', 2)
                    """, arguments: [Data(message.id.bytes), Community.coa.text, Data(message.id.bytes)])
        }
        try queue.close()
        var limits = StoreLimits()
        limits.alarmsMaximumOpen = 1
        let ledger = try await Sample.openSQLite(limits: limits)
        try await ledger.receive(2, number: 1)
        for code in [AlarmCode.acknowledgementOverdue, .deliveryRefused] {
            try await ledger.raise(
                Alarm(
                    code: code, partner: code == .deliveryRefused ? Community.coa : nil,
                    messageID: try Sample.message(2, from: Community.avim).id, detail: "late", at: Sample.start))
        }
        let open = try await ledger.alarms(includingCleared: false)
        #expect(open.map(\.alarm.messageID) == [message.id, message.id, nil, nil], "both shares are taken")
    }

    @Test func `what was told and who follows what are brought along, with the place of each`() async throws {
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        try Schema.migrator.migrate(queue, upTo: "envelope digests")
        let message = try Sample.message(1, from: Community.avim, priority: .stat)
        try await queue.write { database in
            try Self.insert(message, into: database)
            try database.execute(
                sql: """
                    INSERT INTO escalation (message_id, debtor, subject, step, contact, actor, at)
                    VALUES (?, '', 'ownership', 'deputy', 'deputy desk', '', 7), (?, ?, '', 'told-by-telephone', 'duty', 'unix:1', 8)
                    """, arguments: [Data(message.id.bytes), Data(message.id.bytes), Community.avim.text])
            try database.execute(
                sql: """
                    INSERT INTO consumer (name, feed, key, routine, urgent, asap, stat, created_at, confirmed_at, actor)
                    VALUES ('case-system', 'deliveries', x'00112233445566778899aabbccddeeff', 1, 2, 3, 4, 5, 6, 'unix:1')
                    """)
        }
        try queue.close()
        let ledger = try await Sample.openSQLite()
        let told = try await ledger.escalationFeed(after: .start, maximumItems: 9).map(\.entry)
        #expect(told.map(\.number) == [1, 2] && told.allSatisfy { $0.message.id == message.id })
        #expect(told.map(\.entry.kind) == [.step(.deputy, .acknowledgement(.ownership)), .toldByTelephone])
        #expect(told.map(\.entry.contact) == ["deputy desk", "duty"] && told[0].entry.since == nil)
        let desk = try #require(ConsumerName("duty-desk"))
        _ = try await ledger.addConsumer(
            desk, of: .escalations, fromStart: true, key: Bytes16(high: 7, low: 1), by: .node, now: Sample.start)
        #expect(try await ledger.waitingEscalations(for: desk, maximumItems: 9).map(\.number) == [1, 2])
        _ = try await ledger.removeConsumer(desk, by: .node, at: Sample.start)
        let consumer = try #require(try await ledger.consumers().first)
        #expect(consumer.position.description == "1-2-3-4" && consumer.feed == .deliveries)
        #expect(consumer.confirmedAt == Timestamp(milliseconds: 6) && consumer.actor == "unix:1")
        // Its place is kept by the schema as before.
        let error = await #expect(throws: StoreError.self) {
            try await ledger.write(at: Sample.start) {
                try $0.database.execute(sql: "UPDATE consumer SET stat = 3")
            }
        }
        #expect(error?.code == .invariantViolated)
    }

    @Test func `what was declined in a store of before has the time of its acknowledgement`() async throws {
        var ledger = try await Sample.openSQLite()
        try await ledger.accept(9)
        let message = try Sample.message(9)
        try await ledger.receive(
            1, number: 1,
            acknowledgement: ReceivedAcknowledgement(
                messageID: message.id, messageDigest: message.digest, step: .declined, role: "duty officer"),
            at: Sample.start + .minutes(7))
        try await ledger.close()
        try edit {
            try $0.execute(
                sql: """
                    ALTER TABLE delivery DROP COLUMN declined_at;
                    DELETE FROM grdb_migrations WHERE identifier = 'declined at'
                    """)
        }
        ledger = try await Sample.openSQLite()
        let delivery = try #require(try await ledger.deliveries(DeliveryFilter()).first)
        #expect(delivery.followUp == .declined && delivery.declinedAt == Sample.start + .minutes(7))
    }

    @Test func `an arrival that nobody looked at any more in a store of before is looked at again`() async throws {
        var ledger = try await Sample.openSQLite()
        for ordinal in 1...2 { try await ledger.accept(ordinal) }
        try await ledger.close()
        try edit {
            try $0.execute(
                sql: """
                    DELETE FROM message_clock;
                    UPDATE message SET type_code = 'TRF-02' WHERE ordinal = 2;
                    DELETE FROM grdb_migrations WHERE identifier = 'arrivals owed again'
                    """)
        }
        ledger = try await Sample.openSQLite()
        #expect(try await ledger.looksDue(by: Sample.start, maximumItems: 9) == [Sample.message(2).id])
    }

    @Test func `envelopes of a store of before have no digest, and are taken as they are`() async throws {
        var ledger = try await Sample.openSQLite()
        try await ledger.accept(1)
        try await ledger.close()
        try edit { try $0.execute(sql: "UPDATE message SET envelope = x'0102', envelope_digest = NULL") }
        ledger = try await Sample.openSQLite()
        #expect(try await ledger.due().items.map(\.envelope) == [.intact([1, 2])])
        try await ledger.close()
    }

    @Test func `another program's database is refused and stays as it is`() async throws {
        try edit { try $0.execute(sql: "CREATE TABLE t (a); INSERT INTO t VALUES (1)") }
        let before = try Data(contentsOf: URL(fileURLWithPath: TemporaryFolder.store))
        #expect(await refusal()?.code == .storeDamaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: TemporaryFolder.store)) == before)
    }

    @Test func `a file that is no database is refused and stays as it is`() async throws {
        let text = Data("This is not a database, whatever its name says.".utf8)
        try text.write(to: URL(fileURLWithPath: TemporaryFolder.store))
        #expect(await refusal()?.code == .storeDamaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: TemporaryFolder.store)) == text)
    }

    /// Opening itself reads no message; of a large store only the tables are checked on which numbers rest.
    @Test(arguments: [("message", StoreLimits().openingCheckMaximumBytes), ("seen_incarnation", 0)])
    func `a damaged page is found at opening`(table: String, checkMaximumBytes: Int64) async throws {
        let ledger = try await Sample.openSQLite()
        for ordinal in 1...20 { try await ledger.accept(ordinal) }
        try await ledger.close()
        var page = 0
        try edit {
            page = try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = '\(table)'") ?? 0
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: TemporaryFolder.store))
        try file.seek(toOffset: UInt64(page - 1) * 4096)
        file.write(Data(repeating: 0x5A, count: 4096))
        try file.close()
        var limits = StoreLimits()
        limits.openingCheckMaximumBytes = checkMaximumBytes
        #expect(await refusal(limits: limits)?.code == .storeDamaged)
    }

    @Test func `a folder that is not there is named`() async throws {
        let error = await #expect(throws: StoreError.self) {
            try await Sample.openSQLite(at: TemporaryFolder.path + "/none/store.sqlite")
        }
        #expect(error?.code == .storeUnavailable)
        #expect(error?.cause.contains("/none/store.sqlite") == true)
    }

    @Test func `an opening that fails lets go of the lock`() async throws {
        try await Sample.openSQLite().close()
        try edit { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999')") }
        #expect(await refusal()?.code == .storeNewer)
        try edit { try $0.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '999'") }
        _ = try await Sample.openSQLite()
    }
}
