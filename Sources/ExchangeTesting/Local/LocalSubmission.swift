import ExchangeCatalogue
import ExchangeCore
import Foundation

/// A message as an agency hands it to its node: JSON text, or one of the examples.
public struct LocalSubmission: Hashable, Sendable {
    /// At most 64 KiB; the node judges the rest, and its `NodeError` names the field that is wrong.
    public let json: String

    /// - Parameter json: a submission; what may stand in it is told by type in `docs/messages`.
    public init(json: String) { self.json = json }

    /// The signal of the example case (SIG-01), detected twenty minutes ago. Only the police may send it: `avim`.
    ///
    /// - Parameter recipients: their roles, such as `guardian`, `immigration`.
    public static func signal(to recipients: String..., explanation: String = "A synthetic example.") -> Self {
        var submission = ExampleSignal.submission(to: [], explanation: explanation)
        submission["recipients"] = .array(recipients.map { .string($0) })
        return Self(.object(submission))
    }

    /// An acknowledgement (NOD-03) of a message that nobody sent, which every node refuses with
    /// `acknowledgement-mismatch`: for seeing how your system takes a refusal.
    ///
    /// - Parameter recipient: its role, such as `police`.
    public static func refusedAcknowledgement(to recipient: String) -> Self {
        var submission = ExampleSignal.groundlessAcknowledgement(to: .police, by: "duty-desk")
        submission["recipients"] = [.string(recipient)]
        return Self(.object(submission))
    }

    /// The example of a message type in `Examples/messages`, word for word.
    ///
    /// - Parameter type: such as `SIG-01`.
    /// - Throws: ``LocalExchangeError`` `file-unusable` where there is no such example.
    public static func example(_ type: String) throws -> Self {
        let file = ExamplePKI.packageFolder.appending(path: "Examples/messages/\(type).v1.json")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw LocalExchangeError(
                .fileUnusable, "there is no example of \(type); Examples/messages has what there is")
        }
        return Self(json: text)
    }

    private init(_ value: JSONValue) {
        do {
            json = String(decoding: try JSONWriter.write(value), as: UTF8.self)
        } catch {
            preconditionFailure("an example of ours cannot be written: \(error)")
        }
    }
}
