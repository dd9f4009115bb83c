import ExchangeCore
import Testing

@testable import ExchangeStore

@Suite struct EventFanTests {
    private func moved(_ ordinal: Int) throws -> LedgerEvent { .deliveryMoved(try Sample.message(ordinal).id) }

    @Test func `a reader that lags far behind is told to look at everything, and misses nothing after`() async throws {
        let fan = EventFan(maximumPending: 8)
        var reader = fan.subscribe().makeAsyncIterator()
        fan.send(try (1...8).map(moved))
        #expect(await reader.next() == (try moved(1)))
        fan.send(try (1...100).map(moved))
        #expect(await reader.next() == .everything)
        fan.send(try [.durabilityLost] + (1...100).map(moved))
        #expect(await reader.next() == .durabilityLost)
        #expect(await reader.next() == .everything)
        fan.send([.alarmsChanged])
        #expect(await reader.next() == .alarmsChanged)
        fan.finish()
        #expect(await reader.next() == nil)
    }

    @Test func `an event that was read is told again when it happens again`() async throws {
        let fan = EventFan(maximumPending: 8)
        var reader = fan.subscribe().makeAsyncIterator()
        for _ in 1...100 {
            fan.send([.alarmsChanged, .alarmsChanged])
            #expect(await reader.next() == .alarmsChanged)
        }
        fan.send([.workArrived(Community.avim)])
        #expect(await reader.next() == .workArrived(Community.avim))
    }

    /// Reads to the end of a stream, and tells when it has begun.
    private func reader(of stream: AsyncStream<LedgerEvent>) async -> Task<[LedgerEvent], Never> {
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let task = Task {
            begin.yield()
            return await stream.reduce(into: []) { $0.append($1) }
        }
        for await _ in begun { break }
        return task
    }

    @Test func `a reader that waits is woken, and its stream ends with the store`() async throws {
        let fan = EventFan(maximumPending: 8)
        let reader = await reader(of: fan.subscribe())
        fan.send([.alarmsChanged])
        fan.finish()
        #expect(await reader.value == [.alarmsChanged])
        #expect(await self.reader(of: fan.subscribe()).value.isEmpty)
    }

    @Test func `a reader that is cancelled ends`() async throws {
        let fan = EventFan(maximumPending: 8)
        let reader = await reader(of: fan.subscribe())
        reader.cancel()
        #expect(await reader.value.isEmpty)
    }
}
