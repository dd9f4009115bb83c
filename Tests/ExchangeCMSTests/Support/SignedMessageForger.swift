@testable import ExchangeCMS
import ExchangeCore

/// Signs what a partner's broken or dishonest software would sign: good signatures over wrong things.
struct SignedMessageForger {
    let exchange: Exchange

    init(_ exchange: Exchange) { self.exchange = exchange }

    func message(receiptsTo other: OIN) throws -> SignedMessage {
        let request = ReceiptRequest(messageID: exchange.messageID, sender: other)
        let writer = SignedDataWriter(
            contentType: ExchangeArc.message, attributes: [.receiptRequest(request)])
        return try SignedMessage(
            signedData: writer.sign(Array("a signal".utf8), by: exchange.sender.signing, at: exchange.now))
    }
}
