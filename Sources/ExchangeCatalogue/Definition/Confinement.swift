/// Why a type is told to the catalogue's roles alone, whatever the partners agree: an agreement between them is no ground in
/// law (domain brief, 1.6 and 4.10 to 4.12).
package struct Confinement: Hashable, Sendable {
    /// In words that follow a colon.
    package let reason: String

    static let conference = Confinement(
        reason:
            "a case conference is confidential to its members, and no law names it as a partnership that may share more"
    )
    static let policeData = Confinement(
        reason: "the law on police data (Wpg) says who may be told of a report and an investigation")
    static let register = Confinement(
        reason: "it is a registration with the coordination centre, which the law lets have this and nobody else")
    static let adviceOnAChild = Confinement(
        reason: "medical data, and the advice that rests on them, are told by the child's authorisation alone")
    static let node = Confinement(reason: "it is what nodes tell each other")
}
