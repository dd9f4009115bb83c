import Foundation

/// Signal notices (SIG-01), one made from each record, as an agency's system hands them in. With what the node adds, the
/// content that is signed has 4 KiB.
struct Notices: Sendable {
    /// Where the records are from, for the report.
    let source: String
    private let records: [Record]

    /// Of a submission, with its recipients; the node adds about 330 bytes, and pads to a size with few bits.
    private static let submissionBytes = 3700

    private struct Record: Sendable {
        let number: Int
        let exploitation: [String]
        let control: [String]
        let words: String
    }

    /// - Parameter file: the records; where it is not there, the same number is generated, always the same.
    init(records file: URL) throws {
        if let text = try? String(contentsOf: file, encoding: .utf8) {
            records = text.split(whereSeparator: \.isNewline).dropFirst().enumerated().map { index, line in
                Self.record(line, number: index + 1)
            }
            source = "\(records.count) records of \(file.lastPathComponent)"
        } else {
            records = Self.generated
            source = "\(records.count) generated records"
        }
    }

    var count: Int { records.count }

    /// - Parameter recipients: organisation and role, as they stand in the submission.
    func submission(_ index: Int, to recipients: [(oin: String, role: String)]) -> String {
        let record = records[index % records.count]
        var body: [String: Any] = [
            "talkType": "identification", "detectedAt": "2026-11-23T09:40:00.000Z", "location": "AC-TerApel",
            "traffickingStatus": "PossibleVictimOfTrafficking", "decidingOrganisation": "NGO",
            "indicators": [["list": "unodc-child", "code": "15", "strength": "not-weighted"]],
            "acuteDanger": false, "childAboutToLeave": false, "childPresent": true, "childInformed": true,
            "explanation": "",
        ]
        if !record.exploitation.isEmpty { body["exploitationTypes"] = record.exploitation }
        if !record.control.isEmpty { body["methodsOfControl"] = record.control }
        var submission: [String: Any] = [
            "type": "SIG-01", "recipients": recipients.map { ["oin": $0.oin, "role": $0.role] }, "priority": "asap",
            "purpose": "https://register.example/processing/trafficking-signals", "legalBasis": ["A6-1-e"],
        ]
        submission["body"] = body
        let bare = Self.json(submission).utf8.count
        body["explanation"] = Self.explanation(of: record, byteCount: max(Self.submissionBytes - bare, 1))
        submission["body"] = body
        return Self.json(submission)
    }

    private static func json(_ object: [String: Any]) -> String {
        do {
            let data = try JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        } catch {
            preconditionFailure("a submission of ours cannot be written: \(error)")
        }
    }

    /// As long as it has to be, in ASCII, and different for each record.
    private static func explanation(of record: Record, byteCount: Int) -> String {
        var text = "Synthetic record \(record.number): \(record.words)."
        var sentence = record.number
        while text.utf8.count < byteCount {
            sentence = sentence &* 1_103_515_245 &+ 12_345
            text += " " + sentences[(sentence >> 16 & 0x7FFF) % sentences.count]
        }
        return String(text.prefix(byteCount))
    }

    private static let sentences = [
        "The child says that work has been arranged, and does not know where.",
        "Somebody waits outside, and is called several times during the talk.",
        "The journey was paid for by a man whose name the child does not say.",
        "There is no contact with the family, and a telephone that is not the child's own.",
        "The story agrees in every word with that of two others of last month.",
        "The child asks when it may leave, and whether anybody will be told.",
        "An address in another country is written on the inside of the coat.",
        "The guardian was present, and saw the same.",
    ]

    private static let exploitationCodes: Set = [
        "ForcedLabour", "SexualExploitation", "ChildLabour", "ForcedMarriage", "Servitude", "OrganRemoval",
        "ForcedBegging", "ForcedAdoption", "Surrogacy", "Other",
    ]
    private static let controlCodes: Set = [
        "DebtBondage", "TakesEarnings", "RestrictsFinancialAccess", "Threats", "PsychologicalAbuse", "PhysicalAbuse",
        "SexualAbuse", "FalsePromises", "PsychoactiveSubstances", "RestrictsMovement", "RestrictsMedicalCare",
        "ExcessiveWorkingHours", "UsesChildren", "ThreatOfLawEnforcement", "WithholdsNecessities", "WithholdsDocuments",
        "Other",
    ]

    /// record,ageBand,gender,typeOfExploitation,methodsOfControl,relationshipToTrafficker,citizenOfCountry…
    private static func record(_ line: Substring, number: Int) -> Record {
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        func codes(_ index: Int, of known: Set<String>) -> [String] {
            guard index < cells.count else { return [] }
            return cells[index].split(separator: ";").map(String.init).filter(known.contains)
        }
        return Record(
            number: number, exploitation: codes(3, of: exploitationCodes),
            control: codes(4, of: controlCodes).map { "MethodsOfControl" + $0 },
            words: [1, 2, 5].filter { $0 < cells.count && !cells[$0].isEmpty }.map { cells[$0] }.joined(separator: ", ")
        )
    }

    private static var generated: [Record] {
        let (exploitation, control) = (exploitationCodes.sorted(), controlCodes.sorted())
        return (1...8000).map { number in
            Record(
                number: number, exploitation: [exploitation[number % exploitation.count]],
                control: (0..<number % 4).map { "MethodsOfControl" + control[(number + $0) % control.count] },
                words: number % 9 == 0 ? "0-8" : "9-17")
        }
    }
}
