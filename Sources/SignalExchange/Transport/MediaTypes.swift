/// The paths and media types between nodes (`protocol.md` §13.2).
enum PeerEndpoint {
    static let batchPath = "/exchange/v1/batch"
    static let tallyPath = "/exchange/v1/tally"
    static let refillPath = "/exchange/v1/refill"
    static let batchType = "application/vnd.signal-exchange.batch"
    static let answerType = "application/vnd.signal-exchange.batch-answer"
    static let refillRequestType = "application/vnd.signal-exchange.refill-request"
    static let refillType = "application/vnd.signal-exchange.refill"
    static let tallyType = "application/vnd.signal-exchange.tally"
}
