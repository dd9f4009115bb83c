import ExchangeCatalogue

/// How large a JSON document on the local API may be: one limit for each direction, wherever it is read or written.
extension JSONLimits {
    /// What is asked: a submission is the largest that anybody hands in.
    static let localRequest = JSONLimits.message
    /// What is answered: a list may be longer than a message, and must not fill the memory of who asked. Its rows are
    /// nested deeper than a message by the levels around it.
    static let localAnswer = JSONLimits(byteCount: 64 << 20, depth: 24)
}
