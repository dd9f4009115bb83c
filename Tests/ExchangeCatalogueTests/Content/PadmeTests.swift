import ExchangeCatalogue
import Testing

struct PadmeTests {
    @Test(arguments: [
        (0, 0), (1, 1), (8, 8), (9, 10), (17, 18), (100, 104), (1000, 1024), (1025, 1088), (65_535, 65_536),
        (65_536, 65_536), (65_537, 67_584),
    ])
    func `sizes are those of the paper`(length: Int, padded: Int) {
        #expect(Padme.size(atLeast: length) == padded)
    }

    @Test func `a Padmé size is its own, is never smaller, and costs at most 12 per cent`() {
        let faults = (1...70_000).filter { length in
            let size = Padme.size(atLeast: length)
            return size < length || Padme.size(atLeast: size) != size || (size - length) * 100 > length * 12
        }
        #expect(faults.isEmpty)
    }
}
