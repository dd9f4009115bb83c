import ExchangeCatalogue
import ExchangeCore
import Testing

/// The example of a type as the repository holds it, and ways to break it.
struct Example: CustomTestStringConvertible {
    let definition: MessageTypeDefinition
    let document: JSONValue
    private let catalogue: Catalogue

    static let all: [MessageTypeDefinition] = Catalogue.standard.all

    init(_ definition: MessageTypeDefinition) throws {
        self.definition = definition
        document = try JSONParser.parse(RepositoryFiles.bytes("Examples/messages/\(definition.type).json"))
        catalogue = .standard
    }

    /// An example of a type that the repository does not have.
    init(_ definition: MessageTypeDefinition, _ document: JSONValue, in catalogue: Catalogue) {
        self.definition = definition
        self.document = document
        self.catalogue = catalogue
    }

    init(_ code: String) throws {
        let type = try #require(MessageType(code: code))
        try self.init(try #require(Catalogue.standard[type]))
    }

    var testDescription: String { definition.type.description }

    /// What a node does with a submission: read it, find the parties, make content, validate, write, read again.
    @discardableResult
    static func accept(
        _ document: JSONValue, by catalogue: Catalogue = .standard
    ) throws(ContentError) -> SignedContent {
        let bytes: [UInt8]
        do { bytes = try JSONWriter.write(document) } catch { throw ContentError(error) }
        let submission = try Submission.parse(bytes)
        let definition = try catalogue.definition(of: submission.type)
        guard let role = submission.role, let oin = Community.organisations(role).first else {
            throw ContentError(.senderNotEntitled, at: FieldPath("role"), "nobody of the community has the role")
        }
        let sender = Party(oin: oin, role: role)
        let answered = Community.organisations(.guardian).first.map { Party(oin: $0, role: .guardian) }
        let parties = try submission.parties(
            as: definition, sender: sender, answering: role == .guardian ? otherParty : answered,
            organisations: Community.organisations)
        let id = Community.messageID(77)
        let content = submission.content(
            as: definition, id: id, created: Community.created, sender: sender,
            recipients: parties.map { Recipient($0, previous: Community.messageID(76)) }, caseRef: Community.caseRef,
            conversation: id)
        try catalogue.validate(content)
        try catalogue.judgeRecipients(
            of: content, by: .ofCatalogue, answering: role == .guardian ? otherParty : answered,
            in: CaseHistory([], of: catalogue))
        return try ContentCodec.decode(ContentCodec.encode(content))
    }

    private static var otherParty: Party? {
        Community.organisations(.police).first.map { Party(oin: $0, role: .police) }
    }

    /// The error that the node gives once something at a path is replaced, or removed.
    func refusal(replacing path: PathStep..., with value: JSONValue?) -> ContentError? {
        refusal(of: document.replacing(path, with: value))
    }

    func refusal(of document: JSONValue) -> ContentError? {
        do throws(ContentError) {
            try Self.accept(document, by: catalogue)
            return nil
        } catch {
            return error
        }
    }
}
