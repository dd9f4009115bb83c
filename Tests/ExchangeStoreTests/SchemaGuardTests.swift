import ExchangeCore
import GRDB
import Testing

@testable import ExchangeStore

/// What the schema itself refuses, whoever asks.
@Suite(.temporaryFolder) struct SchemaGuardTests {
    @Test(arguments: [
        "UPDATE audit SET leaf = x'00'",
        "DELETE FROM audit",
        "DELETE FROM delivery",
        "DELETE FROM slot",
        "DELETE FROM message",
        "DELETE FROM idempotency_key",
        "UPDATE idempotency_key SET message_id = x'00'",
        "UPDATE delivery SET number = number + 1 WHERE number = 2",
        "UPDATE delivery SET transport = 'open', is_outstanding = 1 WHERE number = 1",
        "UPDATE delivery SET transport = 'refused' WHERE number = 1",
        "UPDATE delivery SET is_outstanding = 0 WHERE number = 2",
        "UPDATE delivery SET transport = 'given-up' WHERE number = 2",
        "UPDATE slot SET proof = x'00'",
        "INSERT INTO reissued_proof (partner, number, proof, issued_at) VALUES ('nobody', 1, x'01', 0)",
        """
        INSERT INTO reissued_proof (partner, number, proof, issued_at) SELECT partner, number, x'01', 0 FROM slot;
        UPDATE reissued_proof SET proof = x'02'
        """,
        """
        INSERT INTO reissued_proof (partner, number, proof, issued_at) SELECT partner, number, x'01', 0 FROM slot;
        DELETE FROM reissued_proof
        """,
        "UPDATE validation_object SET der = x'00'",
        "DELETE FROM validation_object",
        "UPDATE validation_period SET used_from = 0",
        "UPDATE validation_period SET used_until = 9 WHERE used_until IS NOT NULL",
        "DELETE FROM validation_period",
        "UPDATE message SET digest = zeroblob(32)",
        "INSERT INTO purged_message (message_id, purged_at) SELECT message_id, 0 FROM delivery WHERE number = 2",
        "INSERT INTO purged_message (message_id, purged_at) SELECT message_id, 0 FROM inbox",
        """
        INSERT INTO refill (partner, number, priority_rank) SELECT partner, number, 0 FROM delivery WHERE number = 1;
        INSERT INTO purged_message (message_id, purged_at) SELECT message_id, 0 FROM delivery WHERE number = 1
        """,
        """
        INSERT INTO purged_message (message_id, purged_at) SELECT message_id, 0 FROM delivery WHERE number = 1;
        UPDATE message SET envelope = x'00' WHERE id IN (SELECT message_id FROM purged_message)
        """,
        """
        INSERT INTO purged_message (message_id, purged_at) SELECT message_id, 0 FROM delivery WHERE number = 1;
        DELETE FROM purged_message
        """,
        """
        INSERT INTO escalation (message_id, priority_rank, debtor, subject, step, contact, actor, at)
            SELECT id, 0, '', 'ownership', 'remind', '', '', 0 FROM message LIMIT 1;
        UPDATE escalation SET at = 1
        """,
        """
        INSERT INTO escalation (message_id, priority_rank, debtor, subject, step, contact, actor, at)
            SELECT id, 0, '', 'ownership', 'remind', '', '', 0 FROM message LIMIT 1;
        DELETE FROM escalation
        """,
        """
        INSERT INTO escalation (message_id, priority_rank, debtor, subject, step, contact, actor, at)
            SELECT id, 0, '', 'ownership', 'remind', '', '', 0 FROM message LIMIT 1;
        INSERT INTO escalation (message_id, priority_rank, debtor, subject, step, contact, actor, at)
            SELECT id, 0, '', 'ownership', 'remind', '', '', 0 FROM message LIMIT 1
        """,
        """
        INSERT INTO asked_answer (message_id, code, debtor) SELECT id, 'PLC-03', '' FROM message LIMIT 1;
        UPDATE asked_answer SET due_at = 1
        """,
        """
        INSERT INTO asked_answer (message_id, code, debtor) SELECT id, 'PLC-03', '' FROM message LIMIT 1;
        DELETE FROM asked_answer
        """,
        """
        INSERT INTO case_link SELECT id, case_reference, zeroblob(16), 1 FROM message LIMIT 1;
        UPDATE case_link SET is_linked = 0
        """,
        """
        INSERT INTO case_link SELECT id, case_reference, zeroblob(16), 1 FROM message LIMIT 1;
        DELETE FROM case_link
        """,
        "INSERT INTO case_link SELECT id, case_reference, case_reference, 1 FROM message LIMIT 1",
        "UPDATE partner SET safe_number = received_number + 1",
        "INSERT INTO incarnation (ordinal, id, predecessor, opened_at) VALUES (2, zeroblob(16), NULL, 0)",
        """
        INSERT INTO delivery (partner, number, message_id, recipient_role, case_reference, priority_rank,
            envelope_bytes, accepted_at, running_digest)
        SELECT partner, 9, message_id, recipient_role, case_reference, 0, 0, 0, running_digest FROM delivery LIMIT 1
        """,
    ])
    func `the schema refuses what would break a promise`(statement: String) async throws {
        let ledger = try await Sample.openSQLite()
        try await ledger.accept(1, key: "key")
        try await ledger.accept(2)
        try await ledger.receive(1, number: 1)
        for name in ["1", "2"] {
            let list = ValidationObject(.revocationList, digest: Sample.digest(name), der: Array(name.utf8))
            try await ledger.keepValidationData([list], since: Sample.start, at: Sample.start)
        }
        try await ledger.recordAnswers(
            [AnswerRecord(number: SequenceNumber(1), answer: .receipt([1]), jitter: 0)], from: Community.avim,
            now: Sample.now())
        let error = await #expect(throws: StoreError.self) {
            try await ledger.write(at: Sample.start) { try $0.database.execute(sql: statement) }
        }
        #expect(error?.code == .invariantViolated, "\(String(describing: error))")
    }

    @Test(arguments: [UInt64.random(in: 1...UInt64.max), 2012])
    func `the counters are those of the rows, whatever happens to deliveries`(seed: UInt64) async throws {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let ledger = try await Sample.openSQLite()
        for ordinal in 1...30 {
            try await ledger.accept(ordinal, envelopeBytes: Int.random(in: 20...2000, using: &generator))
        }
        for _ in 1...150 {
            let number = SequenceNumber(.random(in: 1...30, using: &generator))
            let key = DeliveryKey(partner: Community.avim, number: number)
            let events: [TransportEvent] = [.heldByOperator, .releasedByOperator, .withdrawnByPerson]
            let answers: [VerifiedAnswer] = [
                .receipt([1]), .refusal(.codeUnknown, detail: "", [1]), .later(.keyUnknown, detail: ""),
            ]
            if Bool.random(using: &generator), let event = events.randomElement(using: &generator) {
                _ = try await ledger.moveTransport(key, event, of: nil, reason: "a reason", by: .node, at: Sample.start)
            } else if let answer = answers.randomElement(using: &generator) {
                try await ledger.recordAnswers(
                    [AnswerRecord(number: number, answer: answer, jitter: 1)], from: Community.avim,
                    now: Sample.now())
            }
            let counters = try await ledger.read { database in
                try database.first(
                    """
                    SELECT open_items, count(message.id), open_bytes, ifnull(sum(length(envelope)), 0)
                    FROM partner LEFT JOIN delivery ON delivery.partner = oin AND transport IN ('open', 'held')
                    LEFT JOIN message ON message.id = delivery.message_id
                    """
                ) { row in (0..<4).map(row.count) }
            }
            #expect(counters?[0] == counters?[1])
            #expect(counters?[2] == counters?[3])
        }
    }

    @Test func `what might go, and what is not settled by a receipt, is found through an index`() async throws {
        let ledger = try await Sample.openSQLite()
        for (sql, arguments, index) in [
            (RetentionQueries.page, [9, 0, 0, 9], "message_with_content"),
            (
                "SELECT count(*) FROM delivery d WHERE d.partner = ? AND " + ReconciliationQueries.stopped("held"),
                ["x"], "delivery_stopped"
            ),
            ("SELECT count(*) FROM " + ReconciliationQueries.unreceipted("void"), ["x"], "slot_unreceipted"),
            (ListQueries.withdrawnCount, [], "delivery_stopped"),
            (AlarmQueries.ofShare, ["x", "", "x", 9], "alarm_share (code=? AND partner=? AND sender=?"),
            (ObligationQueries.due, [9, 9], "message_clock_due"),
        ] as [(String, StatementArguments, String)] {
            let plan = try await ledger.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments)
                    .map { $0["detail"] as String }
            }
            #expect(plan.count == 1 && plan[0].contains(index), "\(plan)")
        }
    }

    @Test func `what is due is found through an index, whatever the state of the queue`() async throws {
        let ledger = try await Sample.openSQLite()
        for source in DueQuery.Source.allCases where !source.isAgain {
            let arguments: StatementArguments =
                switch source {
                case .waiting: ["x", 1, 9]
                case .strayed: ["x", 1, 5, 9, 9]
                default: ["x", 1, 5, 9]
                }
            let plan = try await ledger.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(source.sql)", arguments: arguments)
                    .map { $0["detail"] as String }
            }
            #expect(plan.count == 1)
            #expect(plan.first?.contains("delivery_due (partner=? AND priority_rank=? AND next_attempt") == true)
        }
        for source in [DueQuery.Source.again, .againStrayed] {
            let plan = try await ledger.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(source.sql)", arguments: ["x", 1, 5, 9])
                    .map { $0["detail"] as String }
            }
            #expect(
                plan.first?.contains("refill_due (partner=? AND priority_rank=? AND next_attempt") == true, "\(plan)")
            #expect(!plan.contains { $0.contains("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }

    @Test func `what stands of a pair, and in a case, is found through an index`() async throws {
        let ledger = try await Sample.openSQLite()
        let list = ReconciliationQueries.deliveries(ReconciliationQueries.stopped("held") + " ORDER BY d.number DESC")
        for (sql, arguments, index) in [
            (list, ["x", 9], "delivery_stopped (partner=? AND transport=?)"),
            (ObligationQueries.answers, ["x", "SIG-04", "x"], "message_of_case (case_reference=? AND type_code=? AND"),
            ("SELECT \(AlarmQueries.isOpenOfMessage) FROM message m WHERE m.id = ?", ["x"], "alarm_of_message"),
            (
                "SELECT \(AskedAnswerQueries.isAwaiting) FROM message m WHERE m.id = ?", ["x"],
                "SEARCH a USING PRIMARY KEY (message_id=?)"
            ),
        ] as [(String, StatementArguments, String)] {
            let plan = try await ledger.read { database in
                try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments)
                    .map { $0["detail"] as String }
            }
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
            #expect(!plan.contains { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }
}
