import Configuration
package import ExchangeCore
package import ExchangeStore

/// What the node runs when the ladder tells somebody: `escalation.*` in the configuration.
package struct EscalationOutletSettings: Hashable, Sendable {
    /// A program that takes a message on standard input and finds its recipients in it, as `sendmail -t -i` does.
    package struct Mail: Hashable, Sendable {
        package var program: LocalProgram
        package var sender: EscalationMail.Address
        package var recipients: [EscalationMail.Address]
    }

    package var command: LocalProgram?
    package var mail: Mail?
    /// Which steps are handed over; all of them, and each call, where it is `nil`.
    package var steps: Set<EscalationStep>?

    package init() {}

    /// Whoever was told of a step is told of its end, and of a call about it.
    package func isWanted(_ entry: EscalationEntry) -> Bool {
        guard let steps else { return true }
        return switch entry.kind {
        case .step(let step, _): steps.contains(step)
        case .ended, .toldByTelephone: entry.told.contains { steps.contains($0) }
        }
    }
}

enum EscalationOutletConfiguration {
    private static let recipientsMaximum = 16
    private static let sendmailPath = "/usr/sbin/sendmail"

    static let keys = [
        "escalation.command", "escalation.arguments", "escalation.steps", "escalation.mail.sendmail",
        "escalation.mail.from", "escalation.mail.to",
    ]

    static func read(
        _ reader: ConfigReader, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> EscalationOutletSettings {
        var settings = EscalationOutletSettings()
        let arguments = reader.string(forKey: "escalation.arguments")
        if let path = reader.string(forKey: "escalation.command") {
            guard !path.isEmpty else { throw invalid("escalation.command", "must be an absolute path") }
            settings.command = LocalProgram(path: path, arguments: try Self.arguments(arguments ?? "", invalid))
        } else if arguments != nil {
            throw invalid("escalation.arguments", "are of no command; set `escalation.command` too, or take them out")
        }
        settings.mail = try mail(reader, invalid)
        if let text = reader.string(forKey: "escalation.steps") {
            let names = EscalationStep.allCases.map(\.rawValue).joined(separator: ", ")
            var steps: Set<EscalationStep> = []
            for name in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let step = EscalationStep(rawValue: name.trimmed) else {
                    throw invalid("escalation.steps", "must be one or more of \(names), with commas between")
                }
                steps.insert(step)
            }
            settings.steps = steps
        }
        return settings
    }

    private static func arguments(
        _ text: String, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> [String] {
        let arguments = text.split(separator: " ").map(String.init)
        guard arguments.count <= LocalProgram.argumentsMaximum, !text.hasControlCharacters,
            arguments.allSatisfy({ $0.utf8.count <= LocalProgram.argumentMaximumBytes })
        else {
            throw invalid(
                "escalation.arguments",
                "must be at most \(LocalProgram.argumentsMaximum) words of at most \(LocalProgram.argumentMaximumBytes) bytes, "
                    + "with spaces between, on one line; what needs more is a script of its own")
        }
        return arguments
    }

    private static func mail(
        _ reader: ConfigReader, _ invalid: (String, String) -> NodeError
    ) throws(NodeError) -> EscalationOutletSettings.Mail? {
        let path = reader.string(forKey: "escalation.mail.sendmail")
        let (from, to) = (reader.string(forKey: "escalation.mail.from"), reader.string(forKey: "escalation.mail.to"))
        guard path != nil || from != nil || to != nil else { return nil }
        let form = "such as duty-desk@agency.example: an address alone, without a name, in ASCII"
        guard let sender = from.flatMap({ EscalationMail.Address($0) }) else {
            throw invalid("escalation.mail.from", "must be an address, \(form)")
        }
        var recipients: [EscalationMail.Address] = []
        for text in (to ?? "").split(separator: ",", omittingEmptySubsequences: false) {
            guard let recipient = EscalationMail.Address(text.trimmed), recipients.count < recipientsMaximum else {
                throw invalid(
                    "escalation.mail.to",
                    "must be 1 to \(recipientsMaximum) addresses with commas between, each \(form)")
            }
            recipients.append(recipient)
        }
        return EscalationOutletSettings.Mail(
            program: LocalProgram(path: path ?? sendmailPath, arguments: ["-t", "-i"]), sender: sender,
            recipients: recipients)
    }
}

extension Substring {
    /// Without spaces around it.
    fileprivate var trimmed: String {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
