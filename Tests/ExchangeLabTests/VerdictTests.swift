import ExchangeCatalogue
import ExchangeCore
import Testing

@testable import ExchangeTesting
@testable import exchange_lab

/// What the demonstration counts as everybody told: no cell of the matrix is empty, and nothing is owed.
@Suite struct VerdictTests {
    private static let message = "019ab13b-5001-7c21-9f3a-0b5d6e7f8a90"

    private func delivery(_ state: DeliveryState, _ followUp: FollowUp, wanted: Int = 3) throws -> DeliveryRow {
        let isReceipted = state != .accepted && state != .sending
        return try DeliveryRow([
            "id": .string(Self.message), "type": "SIG-01", "caseRef": "5f0c2a6e-9d1b-4c37-8a54-2e7d1f90b3c6",
            "recipient": "00000099000000001000", "number": 1, "state": .string(state.rawValue),
            "receipted": .bool(isReceipted), "followUp": .string(followUp.rawValue), "owner": "",
            "wanted": .string("L\(wanted)"), "attempts": 0, "detail": "",
        ])
    }

    /// The signal of the police, which the guardian and the immigration service are told of.
    private func entry(_ deliveries: [Cast: DeliveryRow]) async throws -> Board.Entry {
        let board = Board()
        let id = try #require(MessageID(Self.message))
        _ = await board.add(.signal, id, in: CaseReference(random: Bytes16(high: 1, low: 2)), deliveries)
        return try #require(await board.entry("signal"))
    }

    private func shortfalls(_ deliveries: [Cast: DeliveryRow]) async throws -> [String] {
        var verdict = Verdict()
        verdict.judge(cellsOf: try await entry(deliveries))
        return verdict.shortfalls
    }

    @Test func `who is told, and concludes or declines, fills a cell, and who has no part in it too`() async throws {
        let deliveries: [Cast: DeliveryRow] = [
            .nidos: try delivery(.concluded, .concluded), .ind: try delivery(.declined, .declined),
        ]
        #expect(try await shortfalls(deliveries) == [])
        let entry = try await entry(deliveries)
        #expect(
            Cast.allCases.map { entry.cell(of: $0) } == [
                .concluded, .sender, .declined, .noPart, .noPart, .noPart, .noPart, .noPart, .noPart,
            ])
    }

    @Test func `a cell is empty where a level that is asked for is not there, and only there`() async throws {
        let done = try delivery(.concluded, .concluded)
        for (row, level) in [
            (try delivery(.sending, .none), 1), (try delivery(.receipted, .none), 2), (try delivery(.owned, .owned), 3),
        ] {
            let found = try await shortfalls([.nidos: done, .ind: row])
            #expect(found == ["signal: the cell of IND is empty: L\(level) is not there"])
        }
        #expect(try await shortfalls([.nidos: done, .ind: try delivery(.receipted, .none, wanted: 1)]) == [])
        #expect(try await shortfalls([.nidos: done, .ind: try delivery(.owned, .owned, wanted: 2)]) == [])
    }

    @Test func `whoever had to be told and is not addressed is an empty cell`() async throws {
        let found = try await shortfalls([.nidos: try delivery(.concluded, .concluded)])
        #expect(found == ["signal: the cell of IND is empty: L1 is not there"])
    }

    @Test func `what is owed at a node, or still overdue, is missing in the verdict`() throws {
        let owed = try ObligationRow([
            "message": .string(Self.message), "type": "SIG-01", "subject": "SIG-04", "debtor": .null,
            "steps": ["remind"],
        ])
        let alarms = try ["acknowledgement-overdue", "partner-unreachable"].map {
            try AlarmRow(["code": .string($0), "partner": .null, "message": .string(Self.message), "detail": "tell"])
        }
        var verdict = Verdict()
        verdict.judge(duties: [], [alarms[1]], of: "Nidos")
        #expect(verdict.isGood)
        verdict.judge(duties: [owed], alarms, of: "Nidos")
        #expect(verdict.shortfalls.count == 2 && verdict.shortfalls.allSatisfy { $0.hasPrefix("Nidos: ") })
    }

    @Test func `the matrix has a word in each cell, and fits a terminal`() async throws {
        let deliveries: [Cast: DeliveryRow] = [
            .nidos: try delivery(.concluded, .concluded), .ind: try delivery(.declined, .declined),
        ]
        let lines = Matrix(entries: [try await entry(deliveries)], palette: Palette(usesColour: false)).lines
        #expect(lines[1].hasPrefix(" 1 SIG-01 done  sender said no ·"))
        #expect(lines.allSatisfy { $0.count <= 80 })
    }
}
