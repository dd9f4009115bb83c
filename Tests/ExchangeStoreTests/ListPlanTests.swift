import ExchangeCore
import Foundation
import GRDB
import Testing

@testable import ExchangeStore

/// How the lists are found, and that a store of before has them too.
@Suite(.temporaryFolder) struct ListPlanTests {
    private func plan(_ sql: String, _ arguments: StatementArguments) async throws -> [String] {
        let ledger = try await Sample.openSQLite()
        let plan = try await ledger.read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)", arguments: arguments)
                .map { $0["detail"] as String }
        }
        try await ledger.close()
        return plan
    }

    @Test func `the inbox is found through an index, whatever was concluded before`() async throws {
        let plan = try await plan(ListQueries.inbox(ofOne: false), ["ready", 1, 0, 5, 9])
        // The message, and whether the one before it is here: one look-up each for a row that is shown.
        #expect(plan.count == 4, "\(plan)")
        #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") && !$0.contains("TEMP B-TREE") }, "\(plan)")
        #expect(plan.first?.contains("inbox_pressing (state=? AND priority_rank=? AND turn>?") == true, "\(plan)")
    }

    @Test func `what is open is found through an index, for all partners and for one`() async throws {
        var filter = DeliveryFilter()
        filter.onlyOpen = true
        let ofAll = try await plan(ListQueries.deliveries(filter), [1, 0, 9])
        // The message, and of what was followed up the acknowledgement that says so: a look-up each for a row that is shown.
        #expect(ofAll.count == 4 && ofAll.allSatisfy { !$0.hasPrefix("SCAN") }, "\(ofAll)")
        #expect(ofAll.first?.contains("delivery_pressing (priority_rank=? AND ordinal>?") == true, "\(ofAll)")
        filter.partner = Community.avim
        let ofOne = try await plan(ListQueries.deliveries(filter), ["x", 1, 0, 9])
        #expect(ofOne.count == 4 && ofOne.allSatisfy { !$0.hasPrefix("SCAN") }, "\(ofOne)")
        #expect(
            ofOne.first?.contains("delivery_pressing_of_partner (partner=? AND priority_rank=? AND ordinal>?") == true,
            "\(ofOne)")
    }

    @Test func `the deliveries of a case are looked up by the case, whatever is open`() async throws {
        var filter = DeliveryFilter()
        filter.onlyOpen = true
        filter.caseReference = Sample.case1
        let plan = try await plan(ListQueries.deliveries(filter), ["x", 1, 0, 9])
        #expect(plan.first?.contains("delivery_of_case (case_reference=?") == true, "\(plan)")
    }

    @Test func `open alarms are found with their cases by one statement, a look-up each`() async throws {
        let plan = try await plan(AlarmQueries.list(includingCleared: false), [])
        #expect(plan.first?.contains("alarm_open_order") == true, "\(plan)")
        #expect(plan.dropFirst().allSatisfy { !$0.hasPrefix("SCAN") && !$0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test func `what others have and is not here is looked up by its case`() async throws {
        let plan = try await plan(CoRecipientQueries.awaited, ["x", 9])
        #expect(plan.first?.contains("message_ending_here (case_reference=?") == true, "\(plan)")
        #expect(plan.allSatisfy { !$0.hasPrefix("SCAN") && !$0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test func `what ends at a node is looked up by its case`() async throws {
        let plan = try await plan(EvidenceQueries.nodeMessages, ["x", 9])
        #expect(plan.count == 1 && plan.first?.contains("message_ending_here (case_reference=?") == true, "\(plan)")
    }

    @Test func `queries of a case are looked up as such, and their answers by their key`() async throws {
        let plan = try await plan(CaseQueryQueries.received, ["x", 9])
        #expect(plan.contains { $0.contains("message_case_query") }, "\(plan)")
        #expect(plan.contains { $0.contains("idempotency_key") && $0.contains("PRIMARY KEY (key=?") }, "\(plan)")
    }

    @Test func `what was judged by at a moment is looked up by time`() async throws {
        let then = try await plan(ValidationQueries.inUse, [2])
        #expect(then.contains { $0.contains("validation_ended (used_until>?") }, "\(then)")
        #expect(then.contains { $0.contains("validation_in_use") }, "\(then)")
    }

    @Test func `the feed of escalations is read through an index, and its list by the numbers`() async throws {
        let feed = try await plan(EscalationQueries.feed, [1, 0, 9])
        #expect(feed.count == 2, "\(feed)")
        #expect(feed.first?.contains("escalation_feed (priority_rank=? AND ordinal>?") == true, "\(feed)")
        for list in [try await plan(EscalationQueries.behind, [1, 9]), try await plan(EscalationQueries.newest, [9])] {
            #expect(list.count == 2 && list.allSatisfy { !$0.contains("TEMP B-TREE") }, "\(list)")
        }
    }

    @Test func `whose turn it is is found through an index, whatever was told before`() async throws {
        let lanes = try await plan(EscalationTurnQueries.lanes, [1, "x"])
        #expect(
            lanes.count { $0.contains("escalation_lane (priority_rank=?") } == 2
                && lanes.contains {
                    $0.contains("SEARCH c USING PRIMARY KEY (consumer=? AND priority_rank=? AND lane=?)")
                }, "\(lanes)")
        let ofLane = try await plan(EscalationTurnQueries.ofLane, [1, "x", 0, 9])
        #expect(
            ofLane.first?.contains("escalation_lane (priority_rank=? AND lane=? AND ordinal>?") == true
                && ofLane.allSatisfy { !$0.contains("TEMP B-TREE") }, "\(ofLane)")
        let first = try await plan(EscalationTurnQueries.firstOfLane, [1, "x", 0])
        #expect(first.contains { $0.contains("escalation_lane (priority_rank=? AND lane=? AND ordinal>?") }, "\(first)")
    }

    @Test func `a store of before lists its inbox by priority too`() async throws {
        let queue = try DatabaseQueue(path: TemporaryFolder.store)
        try Schema.migrator.migrate(queue, upTo: "1")
        let messages = try [1, 2].map { try Sample.message($0, from: Community.avim) }
        try await queue.write { database in
            for (message, priority) in zip(messages, ["routine", "stat"]) {
                try database.execute(
                    sql: """
                        INSERT INTO message (id, digest, type_code, type_version, sender, sender_role, case_reference,
                            priority, created_at, wanted, is_handed_over, is_outgoing, kept_at, envelope)
                        VALUES (?, ?, 'SIG-01', 1, ?, 'police', ?, ?, 0, 3, 1, 0, 0, x'01')
                        """,
                    arguments: [
                        Data(message.id.bytes), Data(message.digest.bytes), message.sender.oin.text,
                        Data(message.caseReference.bytes), priority,
                    ])
                try database.execute(
                    sql: "INSERT INTO inbox (message_id, received_at, available_at) VALUES (?, 0, 0)",
                    arguments: [Data(message.id.bytes)])
            }
        }
        try queue.close()
        let ledger = try await Sample.openSQLite()
        let listed = try await ledger.inbox(InboxFilter(), now: Sample.start)
        #expect(listed.map(\.message.id) == messages.reversed().map(\.id))
        #expect(listed.map(\.message.priority) == [.stat, .routine])
    }
}
