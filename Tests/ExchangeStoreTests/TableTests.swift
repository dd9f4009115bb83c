import Testing

@testable import ExchangeTesting

/// The table that the store in memory is made of.
@Suite struct TableTests {
    @Test(arguments: [UInt64.random(in: 1...UInt64.max), 7])
    func `a table holds what a dictionary holds, in the order of its keys, and a copy stays as it was`(seed: UInt64) {
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var table = Table<Int, Int>()
        var expected: [Int: Int] = [:]
        var copies: [(table: Table<Int, Int>, expected: [Int: Int])] = []
        for step in 1...2000 {
            let key = Int.random(in: 0..<300, using: &generator)
            let value = Bool.random(using: &generator) || step % 400 < 100 ? step : nil
            table[key] = value
            expected[key] = value
            if step % 250 == 0 { copies.append((table, expected)) }
        }
        for (table, expected) in copies + [(table, expected)] {
            let keys = expected.keys.sorted()
            #expect(table.count == keys.count)
            #expect(table.ascending.map(\.key) == keys)
            #expect(table.descending.map(\.key) == keys.reversed())
            #expect(table.first?.key == keys.first)
            #expect(table.last?.key == keys.last)
            for key in -1...300 {
                #expect(table[key] == expected[key])
                #expect(table.ascending(from: key).map(\.key) == keys.filter { $0 >= key })
                #expect(table.ascending(after: key).map(\.key) == keys.filter { $0 > key })
                #expect(table.descending(from: key).map(\.key) == keys.reversed().filter { $0 <= key })
                #expect(table.descending(before: key).map(\.key) == keys.reversed().filter { $0 < key })
            }
        }
    }

    @Test func `keys in their order, and all but one of them taken away, leave no long branch`() {
        var table = Table<Int, Int>()
        for key in 1...4096 { table[key] = key }
        #expect(table.height <= 24)
        for key in 1...4000 { table[key] = nil }
        #expect(table.count == 96)
        #expect(table.height <= 14)
        for key in 1...4096 { table[key] = nil }
        #expect(table.isEmpty)
    }

    @Test func `the parts of a key count in their order`() {
        let pairs = [Pair(1, "b"), Pair(2, "a"), Pair(1, "a")].sorted().map { "\($0.first)\($0.second)" }
        #expect(pairs == ["1a", "1b", "2a"])
        let triples = [Triple(1, 2, 3), Triple(1, 1, 9), Triple(0, 9, 9), Triple(1, 2, 2)].sorted()
        #expect(triples.map { [$0.first, $0.second, $0.third] } == [[0, 9, 9], [1, 1, 9], [1, 2, 2], [1, 2, 3]])
    }
}
