import ExchangeCore

/// Whether anybody would be told, if something were late tonight: by the roster, by what the node itself runs, and by the
/// telephone numbers of the directory (`docs/obligations.md`).
///
/// Nothing of it keeps a signal from getting through. It is what nobody notices before the night on which it is needed.
struct LadderCheck {
    let configuration: NodeConfiguration
    /// `nil` where it cannot be used, which is said elsewhere.
    let directory: Directory?
    /// Which systems follow the feed of escalations by themselves; `nil` where no node says so.
    let followers: [String]?

    /// What a step is in any case.
    private static let stepWithoutOutlet = "an alarm, a line in the log and an entry of the feed `escalations`"

    func findings() -> [Finding] { [roster] + outlets + contacts }

    // MARK: The roster

    private var roster: Finding {
        let missing = EscalationStep.allCases.filter { step in
            configuration.escalation.roster[step].map { $0.allSatisfy(\.isWhitespace) } ?? true
        }
        guard !missing.isEmpty else { return Finding("roster", .ok, "has a duty role for each step of the ladder") }
        let names = missing.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        let keys = missing.map { "`\(EscalationConfiguration.rosterKey(of: $0))`" }.joined(separator: ", ")
        return Finding(
            "roster", .warning,
            "names nobody for \(names): such a step is \(Self.stepWithoutOutlet), with its own name in the place of who is "
                + "told; set \(keys)")
    }

    // MARK: What the node runs

    private var outlets: [Finding] {
        let settings = configuration.escalationOutlets
        var programs: [(key: String, program: LocalProgram, words: String)] = []
        if let command = settings.command {
            programs.append(("escalation.command", command, "`escalation.command` runs \(command.path)"))
        }
        if let mail = settings.mail {
            programs.append(
                (
                    "escalation.mail.sendmail", mail.program,
                    "`escalation.mail` goes to \(mail.recipients.map(\.text).joined(separator: ", "))"
                ))
        }
        guard !programs.isEmpty else { return [withoutOutlet] }
        let steps = settings.steps.map { $0.sorted().map(\.rawValue).joined(separator: ", ") }
        return programs.map { key, program, words in
            do throws(NodeError) {
                try program.demandOwn(key)
                return Finding("escalation", .ok, "\(words), for \(steps.map { "the steps \($0)" } ?? "each step")")
            } catch {
                return Finding("escalation", error)
            }
        }
    }

    /// A hook and a feed bring a step to another system. Whether a person hears of it there is not seen from here.
    private var withoutOutlet: Finding {
        let hook =
            configuration.hooks?.escalationsURL == nil
            ? "No address is called for it (`hooks.escalations`)"
            : "The address of `hooks.escalations` is called for it; whom its system tells is not seen from here"
        let feed =
            switch followers {
            case nil: ""
            case []?: ", and no system follows the feed"
            case let names?: ", and the feed is followed by \(names.joined(separator: ", "))"
            }
        return Finding(
            "escalation", .warning,
            "this node itself calls and mails nobody: a step is \(Self.stepWithoutOutlet). \(hook)\(feed). Set "
                + "`escalation.command`, or `escalation.mail.from` and `escalation.mail.to`")
    }

    // MARK: The directory

    private var contacts: [Finding] {
        guard let directory else { return [] }
        return directory.members.compactMap { member in
            let missing = [("name", member.dutyContact.name), ("telephone number", member.dutyContact.phone)]
                .filter { $0.1.allSatisfy(\.isWhitespace) }.map(\.0)
            guard !missing.isEmpty else { return nil }
            let what =
                "the directory (version \(directory.version)) has no \(missing.joined(separator: " and no ")) of "
            guard member.oin != configuration.oin else {
                return Finding(
                    "duty contact", .warning,
                    "\(what)this organisation's duty desk: partners know of nobody to call; `card export` with "
                        + "--contact-name and --contact-phone, and hand the card out")
            }
            return Finding(
                "duty contact", .warning,
                "\(what)\(member.name)'s duty desk: whoever is told that something is late there has nobody to call; ask "
                    + "for a new card, and have the directory signed with it", partner: member.oin)
        }
    }
}
