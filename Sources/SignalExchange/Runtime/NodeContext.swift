package import ExchangeCMS
package import ExchangeCatalogue
package import ExchangeCore
package import ExchangeStore
package import Logging

/// What every part of a running node shares: who it is, what it keeps, whom it knows, and what time it is.
package struct NodeContext: Sendable {
    package let oin: OIN
    package let keys: NodeKeys
    package let limits: NodeLimits
    package let ledger: any ExchangeLedger
    package let caseKeys: CaseKeys
    package let communityHolder: CommunityHolder
    package let catalogue: Catalogue
    /// The operator's, where the partners agreed on none.
    private let ownCalendar: WorkingCalendar
    package let clock: NodeClock
    package let randomness: NodeRandomness
    /// Where the tasks run that the node begins by itself; `nil` for the threads that all tasks share.
    package let executor: (any TaskExecutor)?
    package let logger: Logger
    let repeatedWarnings = RepeatedWarnings()

    package init(
        oin: OIN, keys: NodeKeys, limits: NodeLimits, ledger: any ExchangeLedger, communityHolder: CommunityHolder,
        clock: NodeClock, calendar: WorkingCalendar = WorkingCalendar(),
        randomness: NodeRandomness = NodeRandomness(), executor: (any TaskExecutor)? = nil, logger: Logger
    ) {
        self.oin = oin
        self.keys = keys
        self.limits = limits
        self.ledger = ledger
        self.communityHolder = communityHolder
        self.clock = clock
        ownCalendar = calendar
        self.randomness = randomness
        self.executor = executor
        self.logger = logger
        caseKeys = CaseKeys(ledger: ledger, archive: keys.archive)
        catalogue = .standard
    }

    /// Notes the directory in use, so that an older one is refused also after a restart.
    ///
    /// - Throws: ``NodeError`` `directory-older` or `directory-invalid`; the node must not go on with this one.
    package func adoptDirectory() async throws {
        let community = community
        guard communityHolder.adopted != community.directoryDigest else { return }
        let mark = DirectoryMark(version: community.directory.version, digest: community.directoryDigest)
        try Self.demandInUse(mark, after: try await ledger.adoptDirectory(mark, at: now.wall))
        communityHolder.adopted = community.directoryDigest
        logInUse(community.directory)
    }

    private func logInUse(_ directory: Directory) {
        let agreements = directory.agreements
        let isChanged = communityHolder.replaceAdopted(agreements) != agreements
        logger.notice(
            "a directory is in use",
            metadata: [
                "version": "\(directory.version)", "members": "\(directory.members.count)",
                "routingRules": "\(agreements.routing.count)",
                "agreements": isChanged ? "changed" : "as before",
            ])
    }

    /// Notes by what signatures are judged from now on, for who asks later (`docs/evidence.md`).
    package func keepValidationData() async throws {
        let (community, since) = communityHolder.inForce(at: now)
        let inUse = try ValidationArchive.objects(of: community, and: keys.signing.certificate)
        try await ledger.keepValidationData(inUse, since: since, at: now.wall)
    }

    /// - Throws: ``NodeError`` `directory-older` or `directory-invalid`.
    static func demandInUse(_ mark: DirectoryMark, after adoption: DirectoryAdoption) throws(NodeError) {
        switch adoption {
        case .inUse: break
        case .older(let newest):
            throw NodeError(
                .directoryOlder,
                "version \(mark.version) of the directory is older than \(newest), which this node has used; install "
                    + "the newest")
        case .conflict(let version):
            throw NodeError(
                .directoryInvalid,
                "this is another directory under the version \(version) than the one this node has used; ask the body "
                    + "that signs it")
        }
    }

    package var now: Now { clock.now }
    package var community: Community { communityHolder.current(clock.now) }
    /// By which local time days are told, and when people work.
    package var calendar: WorkingCalendar { community.directory.agreements.calendar ?? ownCalendar }

    /// Who signs for this node: the only way to its signing key. What is signed by a certificate that does not hold is
    /// refused by every partner, for good.
    ///
    /// - Throws: ``NodeError`` `certificate-unusable` while the certificate certainly does not hold. In doubt it signs.
    package func signer() throws(NodeError) -> SigningIdentity {
        let now = clock.now.wall
        let verdict = community.trust.verdict(
            for: keys.signing.certificate, purpose: .signing, at: now, now: now)
        guard case .untrusted(let reason) = verdict else { return keys.signing }
        throw NodeError(
            .certificateUnusable,
            "certificates/signing.crt does not hold (\(reason)), so this node signs nothing; have a new certificate issued, "
                + "put it in place, and start the node again")
    }

    /// - Throws: ``RequestError`` `node-unavailable`, so that a partner keeps what this node could not answer.
    func demandSigner() throws(RequestError) {
        do {
            _ = try signer()
        } catch {
            // Once for each partner's request, and of this node's own doing.
            warn("this node cannot sign", cause: "\(error)", from: oin, level: .error)
            throw RequestError(.nodeUnavailable, "this node cannot sign now; its operator has been told")
        }
    }

    /// Signs a statement of this node's.
    ///
    /// - Throws: as ``signer()``, or `CMSError`.
    package func sign(_ statement: some WireStructure, as kind: StatementKind) throws -> [UInt8] {
        try SignedStatement.sign(
            statement.wireBytes, kind: kind, by: try signer(), at: clock.now.wall)
    }

    /// How signatures are judged now.
    package func verification(in community: Community) -> VerificationContext {
        VerificationContext(trust: community.trust, now: clock.now.wall, signer: community.signer)
    }
}
