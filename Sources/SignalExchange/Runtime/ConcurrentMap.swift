extension Collection where Element: Sendable {
    /// What `body` makes of each element, in their order, with all of them under way at once: for the items of one batch,
    /// whose number is bounded. What takes a processor is spread over all of them, and what waits for the disk waits
    /// once, because the store commits together what comes together.
    ///
    /// - Throws: what `body` throws first; the others are waited for.
    package func mapConcurrently<Value: Sendable>(
        _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (index: Int, value: Value).self) { group in
            for (index, element) in enumerated() { group.addTask { (index, try await body(element)) } }
            var values: [(index: Int, value: Value)] = []
            values.reserveCapacity(count)
            for try await value in group { values.append(value) }
            return values.sorted { $0.index < $1.index }.map(\.value)
        }
    }
}
