import ExchangeCatalogue
import ExchangeCore
import Testing

struct InterviewStandingTests {
    /// A Thursday, 10:00 in Amsterdam: three working days end on Tuesday at the same time.
    private static let told = Timestamp(milliseconds: 1_795_683_600_000)
    private static let until = told + .hours(5 * 24)

    private func standing(
        toldAt: Timestamp? = told, declinedAt: Timestamp? = nil, at now: Timestamp, policy: CasePolicy = CasePolicy()
    ) -> InterviewStanding {
        InterviewStanding(toldAt: toldAt, declinedAt: declinedAt, at: now, policy, WorkingCalendar())
    }

    @Test func `a talk is allowed when nobody objected within three working days, and not before`() {
        #expect(standing(at: Self.until + .minutes(-1)) == .open(until: Self.until))
        #expect(standing(at: Self.until) == .allowed(since: Self.until))
    }

    @Test func `an objection in time stands, and one that comes later is none`() {
        let inTime = Self.until + .minutes(-1)
        for now in [inTime, Self.until + .hours(99)] {
            #expect(standing(declinedAt: inTime, at: now) == .objected(at: inTime))
        }
        let tooLate = Self.until + .minutes(1)
        #expect(standing(declinedAt: tooLate, at: tooLate) == .allowed(since: Self.until))
    }

    @Test func `the time begins when the guardian's node holds the announcement`() {
        #expect(standing(toldAt: nil, at: Self.until + .hours(99)) == .notTold)
    }

    @Test func `how long is the partners' policy`() {
        var policy = CasePolicy()
        policy.objectionWorkingDays = 1
        #expect(standing(at: Self.until, policy: policy) == .allowed(since: Self.told + .hours(24)))
    }
}
