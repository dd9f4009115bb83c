import ExchangeCore

/// Lists that the outer members of signed content use; the enumerations of the core are their source.
extension CodeList {
    package static let role = CodeList(
        id: "role", version: "2", source: "this project: the organisations' roles in the chain",
        codes: Role.allCases.map { Code($0.rawValue) })

    package static let requestPriority = CodeList(
        id: "fhir-request-priority", version: "4.0.1", source: "HL7 FHIR, code system request-priority",
        codes: Priority.allCases.map { Code($0.rawValue) })

    package static let trafficLightProtocol = CodeList(
        id: "tlp", version: "2.0", source: "FIRST, Traffic Light Protocol 2.0",
        codes: HandlingCode.allCases.map { Code($0.rawValue) })

    /// The states of an acknowledgement are a part of these.
    package static let taskStatus = CodeList(
        id: "fhir-task-status", version: "4.0.1", source: "HL7 FHIR, code system task-status",
        codes: [
            "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold",
            "failed", "completed", "entered-in-error",
        ])

    /// GDPR bases under the local names of the Data Privacy Vocabulary
    /// (`https://w3id.org/dpv/legal/eu/gdpr#`), and articles of the Dutch police data act (Wet politiegegevens).
    package static let legalBasis = CodeList(
        id: "legal-basis", version: "1", source: "W3C DPVCG, DPV EU-GDPR; Wet politiegegevens (grounds, disclosure)",
        codes: [
            Code("A6-1-a", "consent"), Code("A6-1-b", "contract"), Code("A6-1-c", "legal obligation"),
            Code("A6-1-d", "vital interests"), Code("A6-1-d-data-subject", "vital interests of the data subject"),
            Code("A6-1-d-natural-person", "vital interests of another natural person"),
            Code("A6-1-e", "public interest or official authority"),
            Code("A6-1-e-official-authority", "official authority"), Code("A6-1-e-public-interest", "public interest"),
            Code("A6-1-f", "legitimate interest"),
            Code("A9-2-a", "explicit consent"), Code("A9-2-b", "employment and social protection law"),
            Code("A9-2-c", "vital interests, data subject incapable of consent"),
            Code("A9-2-d", "not-for-profit body"), Code("A9-2-e", "made public by the data subject"),
            Code("A9-2-f", "legal claims"), Code("A9-2-g", "substantial public interest"),
            Code("A9-2-h", "health or social care"), Code("A9-2-i", "public health"),
            Code("A9-2-j", "archiving, research, statistics"),
            Code("wpg:8", "daily police task"), Code("wpg:9", "investigation of a specific case"),
            Code("wpg:10", "serious threats to the legal order"), Code("wpg:12", "informants"),
            Code("wpg:13", "supporting tasks"),
            Code("wpg:16", "disclosure"), Code("wpg:17", "disclosure"), Code("wpg:18", "disclosure"),
            Code("wpg:19", "disclosure"), Code("wpg:20", "disclosure"), Code("wpg:21", "disclosure"),
            Code("wpg:22", "disclosure"), Code("wpg:23", "disclosure"), Code("wpg:24", "disclosure"),
        ])

    package static let accountScope = CodeList(
        id: "account-scope", version: "1", source: "this project",
        codes: [
            Code("shared", "what the asking organisation took part in"), Code("all", "everything, for a guardian"),
        ])

    package static let toldStanding = CodeList(
        id: "told-standing", version: "1", source: "this project",
        codes: [
            Code("unknown", "another's message: its sender knows"), Code("not-told", "no receipt is here"),
            Code("receipted", "L1"), Code("owned", "L2: taken"), Code("declined", "L2: declined"),
            Code("concluded", "L3"), Code("refused", "its node refused the message"),
            Code("withdrawn", "its sender withdrew the message"),
        ])

    package static let yesNoUnknown = CodeList(
        id: "yes-no-unknown", version: "1", source: "this project: no answer must not be read as no",
        codes: ["yes", "no", "unknown"])
}
