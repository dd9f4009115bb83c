import GRDB

/// The store's tables, with the invariants that SQLite itself holds.
///
/// In clear stand only ids, digests, types, priorities, case references, partners, numbers, times, states and sizes;
/// everything else is ciphertext or a signed statement. A migration, once released, never changes: a new one follows.
enum Schema {
    /// "SGXN" in ASCII: marks the file as the store of an exchange node (`PRAGMA application_id`).
    static let applicationID = 0x5347_584E

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            let statements = [
                openings, messages, partners, outgoing, incoming, accounts, alarms, directories, audit, guards,
            ]
            for statement in statements { try database.execute(sql: statement) }
        }
        migrator.registerMigration("2") { database in
            for statement in [incarnationIndexes, partnerUsage] { try database.execute(sql: statement) }
        }
        migrator.registerMigration("inbox turns") { try $0.execute(sql: inboxTurns) }
        migrator.registerMigration("lists by priority") { try $0.execute(sql: listsByPriority) }
        migrator.registerMigration("archive key check") { try $0.execute(sql: archiveKeyCheck) }
        migrator.registerMigration("reissued proofs") { try $0.execute(sql: reissuedProofs) }
        migrator.registerMigration("examined in vain") { try $0.execute(sql: examinedInVain) }
        migrator.registerMigration("skipped incarnations") { try $0.execute(sql: skippedIncarnations) }
        migrator.registerMigration("acknowledgements of a case") { try $0.execute(sql: acknowledgementsOfCase) }
        migrator.registerMigration("actors") { try $0.execute(sql: actors) }
        migrator.registerMigration("consumers") { try $0.execute(sql: consumers) }
        migrator.registerMigration("validation data") { try $0.execute(sql: validationData) }
        migrator.registerMigration("recovery") { try $0.execute(sql: recovery) }
        migrator.registerMigration("reconciliation") { try $0.execute(sql: reconciliation) }
        migrator.registerMigration("retention") { try $0.execute(sql: retention) }
        migrator.registerMigration("open alarms") { try $0.execute(sql: openAlarms) }
        migrator.registerMigration("obligations") { try $0.execute(sql: obligations) }
        migrator.registerMigration("envelope digests") { try $0.execute(sql: envelopeDigests) }
        migrator.registerMigration("escalation feed") { try $0.execute(sql: escalationFeed) }
        migrator.registerMigration("asked answers") { try $0.execute(sql: askedAnswers) }
        migrator.registerMigration("case links") { try $0.execute(sql: caseLinks) }
        migrator.registerMigration("case queries") { try $0.execute(sql: caseQueries) }
        migrator.registerMigration("co-recipients") { try $0.execute(sql: coRecipients) }
        migrator.registerMigration("declined at") { try $0.execute(sql: declinedAt) }
        migrator.registerMigration("alarm shares") { try $0.execute(sql: alarmShares) }
        migrator.registerMigration("escalation lanes") { try $0.execute(sql: escalationLanes) }
        migrator.registerMigration("arrivals owed again") { try $0.execute(sql: arrivalsOwedAgain) }
        return migrator
    }

    private static let openings = """
        CREATE TABLE incarnation (
            ordinal INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            -- Unique: two successors of one predecessor would be a clone.
            predecessor BLOB UNIQUE REFERENCES incarnation (id),
            opened_at INTEGER NOT NULL,
            CHECK ((ordinal = 1) = (predecessor IS NULL))
        ) STRICT;
        -- Where each of our channels stood when an incarnation began.
        CREATE TABLE incarnation_position (
            incarnation BLOB NOT NULL REFERENCES incarnation (id),
            partner TEXT NOT NULL,
            number INTEGER NOT NULL CHECK (number >= 0),
            running_digest BLOB NOT NULL CHECK (length(running_digest) = 32),
            PRIMARY KEY (incarnation, partner)
        ) STRICT, WITHOUT ROWID;
        """

    private static let messages = """
        CREATE TABLE message (
            ordinal INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            type_code TEXT NOT NULL,
            type_version INTEGER NOT NULL,
            sender TEXT NOT NULL CHECK (length(sender) = 20),
            sender_role TEXT NOT NULL,
            case_reference BLOB NOT NULL CHECK (length(case_reference) = 16),
            priority TEXT NOT NULL CHECK (priority IN ('routine', 'urgent', 'asap', 'stat')),
            created_at INTEGER NOT NULL,
            wanted INTEGER NOT NULL CHECK (wanted BETWEEN 1 AND 3),
            is_handed_over INTEGER NOT NULL CHECK (is_handed_over IN (0, 1)),
            is_outgoing INTEGER NOT NULL CHECK (is_outgoing IN (0, 1)),
            kept_at INTEGER NOT NULL,
            -- Last, so that reading the rest of a row does not read its pages.
            envelope BLOB NOT NULL
        ) STRICT;
        CREATE TABLE idempotency_key (
            key TEXT PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 128),
            submission_digest BLOB NOT NULL CHECK (length(submission_digest) = 32),
            message_id BLOB NOT NULL REFERENCES message (id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE case_key (
            case_reference BLOB PRIMARY KEY CHECK (length(case_reference) = 16),
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) > 0)
        ) STRICT, WITHOUT ROWID;
        """

    private static let partners = """
        CREATE TABLE partner (
            oin TEXT PRIMARY KEY CHECK (length(oin) = 20),
            issued_number INTEGER NOT NULL DEFAULT 0 CHECK (issued_number >= 0),
            issued_digest BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(issued_digest) = 32),
            -- Deliveries without a receipt, refusal or withdrawal, and their envelopes' bytes: counted by triggers.
            open_items INTEGER NOT NULL DEFAULT 0 CHECK (open_items BETWEEN 0 AND issued_number),
            open_bytes INTEGER NOT NULL DEFAULT 0 CHECK (open_bytes >= 0),
            -- Received with nothing missing before it.
            received_number INTEGER NOT NULL DEFAULT 0 CHECK (received_number >= 0),
            received_digest BLOB NOT NULL DEFAULT (zeroblob(32)) CHECK (length(received_digest) = 32),
            highest_seen INTEGER NOT NULL DEFAULT 0 CHECK (highest_seen >= received_number),
            -- Covered by a completed backup; moved by the backup.
            safe_number INTEGER NOT NULL DEFAULT 0 CHECK (safe_number BETWEEN 0 AND received_number),
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            duplicates INTEGER NOT NULL DEFAULT 0 CHECK (duplicates >= 0),
            tally_at INTEGER,
            agreement_outgoing TEXT,
            agreement_incoming TEXT,
            CHECK ((tally_at IS NULL) = (agreement_outgoing IS NULL)),
            CHECK ((tally_at IS NULL) = (agreement_incoming IS NULL))
        ) STRICT, WITHOUT ROWID;
        """

    /// The first index serves "what is due": for each priority the deliveries that were never put off by number, and
    /// the deferred ones by time. It holds outstanding rows only, so that what is done costs nothing.
    private static let outgoing = """
        CREATE TABLE delivery (
            ordinal INTEGER PRIMARY KEY,
            partner TEXT NOT NULL REFERENCES partner (oin),
            number INTEGER NOT NULL CHECK (number > 0),
            message_id BLOB NOT NULL REFERENCES message (id),
            recipient_role TEXT NOT NULL,
            case_reference BLOB NOT NULL CHECK (length(case_reference) = 16),
            priority_rank INTEGER NOT NULL CHECK (priority_rank BETWEEN 0 AND 3),
            envelope_bytes INTEGER NOT NULL CHECK (envelope_bytes >= 0),
            transport TEXT NOT NULL DEFAULT 'open'
                CHECK (transport IN ('open', 'receipted', 'refused', 'held', 'withdrawn')),
            -- Whether the partner still has to be told something: the message, or that its number is void or held.
            is_outstanding INTEGER NOT NULL DEFAULT 1 CHECK (is_outstanding IN (0, 1)),
            -- 0 until it is put off.
            next_attempt INTEGER NOT NULL DEFAULT 0 CHECK (next_attempt >= 0),
            attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
            follow_up TEXT NOT NULL DEFAULT 'none' CHECK (follow_up IN ('none', 'owned', 'declined', 'concluded')),
            follow_up_role TEXT NOT NULL DEFAULT '',
            -- The L2 or L3 that says so last.
            follow_up_message BLOB CHECK (length(follow_up_message) = 16),
            -- An operator's reason for holding or withdrawing; it is declared to the partner.
            declared_reason TEXT NOT NULL DEFAULT '',
            detail TEXT NOT NULL DEFAULT '',
            accepted_at INTEGER NOT NULL,
            receipted_at INTEGER,
            owned_at INTEGER,
            concluded_at INTEGER,
            running_digest BLOB NOT NULL CHECK (length(running_digest) = 32),
            proof BLOB NOT NULL DEFAULT (x''),
            UNIQUE (partner, number),
            CHECK (transport <> 'open' OR is_outstanding = 1),
            CHECK (transport NOT IN ('receipted', 'refused') OR (is_outstanding = 0 AND length(proof) > 0)),
            CHECK ((transport = 'receipted') <= (receipted_at IS NOT NULL)),
            CHECK (transport NOT IN ('held', 'withdrawn') OR length(declared_reason) > 0)
        ) STRICT;
        CREATE INDEX delivery_due ON delivery (partner, priority_rank, next_attempt, number)
            WHERE is_outstanding = 1;
        CREATE INDEX delivery_unsettled ON delivery (ordinal) WHERE transport IN ('open', 'held', 'refused');
        CREATE INDEX delivery_of_message ON delivery (message_id);
        CREATE INDEX delivery_of_case ON delivery (case_reference, partner, number);
        """

    private static let incoming = """
        CREATE TABLE slot (
            ordinal INTEGER PRIMARY KEY,
            partner TEXT NOT NULL REFERENCES partner (oin),
            number INTEGER NOT NULL CHECK (number > 0),
            message_id BLOB NOT NULL CHECK (length(message_id) = 16),
            message_digest BLOB NOT NULL CHECK (length(message_digest) = 32),
            answer TEXT NOT NULL CHECK (answer IN ('receipt', 'refusal', 'void', 'held')),
            -- The refusal's code, or the reason that the sender declared.
            note TEXT NOT NULL,
            proof BLOB NOT NULL,
            filled_at INTEGER NOT NULL,
            -- Present up to the contiguous position.
            running_digest BLOB CHECK (running_digest IS NULL OR length(running_digest) = 32),
            UNIQUE (partner, number),
            CHECK ((answer IN ('receipt', 'refusal')) = (length(proof) > 0))
        ) STRICT;
        CREATE INDEX slot_of_message ON slot (message_id, partner);
        -- Numbers below the highest seen that have not come, as inclusive ranges.
        CREATE TABLE gap (
            partner TEXT NOT NULL REFERENCES partner (oin),
            first INTEGER NOT NULL CHECK (first > 0),
            last INTEGER NOT NULL CHECK (last >= first),
            PRIMARY KEY (partner, first)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE inbox (
            ordinal INTEGER PRIMARY KEY,
            message_id BLOB NOT NULL UNIQUE REFERENCES message (id),
            state TEXT NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'owned', 'declined', 'concluded')),
            role TEXT NOT NULL DEFAULT '',
            received_at INTEGER NOT NULL,
            available_at INTEGER NOT NULL,
            moved_at INTEGER,
            awaited BLOB CHECK (awaited IS NULL OR length(awaited) = 16),
            CHECK (state = 'ready' OR moved_at IS NOT NULL)
        ) STRICT;
        CREATE INDEX inbox_awaiting ON inbox (awaited) WHERE awaited IS NOT NULL;
        """

    private static let accounts = """
        -- The last tally of each incarnation: what a partner has signed is the proof of a rollback or a clone.
        CREATE TABLE tally (
            partner TEXT NOT NULL REFERENCES partner (oin),
            incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
            signed BLOB NOT NULL CHECK (length(signed) > 0),
            kept_at INTEGER NOT NULL,
            PRIMARY KEY (partner, incarnation)
        ) STRICT;
        CREATE TABLE seen_incarnation (
            ordinal INTEGER PRIMARY KEY,
            partner TEXT NOT NULL REFERENCES partner (oin),
            incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
            predecessor BLOB CHECK (predecessor IS NULL OR length(predecessor) = 16),
            highest_number INTEGER NOT NULL CHECK (highest_number >= 0),
            highest_digest BLOB NOT NULL CHECK (length(highest_digest) = 32),
            first_seen INTEGER NOT NULL,
            UNIQUE (partner, incarnation)
        ) STRICT;
        """

    /// For each question that is asked of a partner's incarnations, however many there are.
    private static let incarnationIndexes = """
        CREATE INDEX seen_incarnation_order ON seen_incarnation (partner, ordinal);
        CREATE INDEX seen_incarnation_successor ON seen_incarnation (partner, predecessor, ordinal);
        CREATE INDEX seen_incarnation_highest ON seen_incarnation (partner, highest_number, ordinal);
        """

    /// Incarnations of a partner that were never heard here, each with the first that named it between itself and the one
    /// that it grew from. What it names goes with that one.
    private static let skippedIncarnations = """
        CREATE TABLE skipped_incarnation (
            partner TEXT NOT NULL,
            incarnation BLOB NOT NULL CHECK (length(incarnation) = 16),
            successor BLOB NOT NULL,
            PRIMARY KEY (partner, incarnation),
            FOREIGN KEY (partner, successor) REFERENCES seen_incarnation (partner, incarnation)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX skipped_incarnation_successor ON skipped_incarnation (partner, successor);
        """

    /// What a partner has used up of its share of this node, since when.
    private static let partnerUsage = """
        ALTER TABLE partner ADD COLUMN usage_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE partner ADD COLUMN usage_items INTEGER NOT NULL DEFAULT 0 CHECK (usage_items >= 0);
        ALTER TABLE partner ADD COLUMN usage_refusals INTEGER NOT NULL DEFAULT 0
            CHECK (usage_refusals BETWEEN 0 AND usage_items);
        """

    /// Envelopes that were examined within a minute and filled no number.
    private static let examinedInVain = """
        ALTER TABLE partner ADD COLUMN in_vain_since INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE partner ADD COLUMN in_vain_count INTEGER NOT NULL DEFAULT 0 CHECK (in_vain_count >= 0);
        """

    /// Rises with each hand-over and each release: of the messages of one priority, which comes first. One that waited in
    /// vain keeps the turn of its arrival.
    private static let inboxTurns = """
        ALTER TABLE inbox ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
        UPDATE inbox SET turn = ordinal;
        CREATE UNIQUE INDEX inbox_turn ON inbox (turn);
        """

    /// One row, from the first opening on: what the archive key of that opening wrapped.
    private static let archiveKeyCheck = """
        CREATE TABLE archive_key_check (
            ordinal INTEGER PRIMARY KEY CHECK (ordinal = 1),
            wrapped_key BLOB NOT NULL CHECK (length(wrapped_key) > 0)
        ) STRICT;
        """

    /// Proofs signed anew for slots whose own proof bears a key that no longer holds. Both are kept.
    private static let reissuedProofs = """
        CREATE TABLE reissued_proof (
            ordinal INTEGER PRIMARY KEY,
            partner TEXT NOT NULL,
            number INTEGER NOT NULL,
            proof BLOB NOT NULL CHECK (length(proof) > 0),
            issued_at INTEGER NOT NULL,
            FOREIGN KEY (partner, number) REFERENCES slot (partner, number)
        ) STRICT;
        CREATE INDEX reissued_proof_of_slot ON reissued_proof (partner, number, ordinal);
        CREATE TRIGGER reissued_proof_final BEFORE UPDATE ON reissued_proof
            BEGIN SELECT RAISE(ABORT, 'a proof that was given is kept'); END;
        CREATE TRIGGER reissued_proof_kept BEFORE DELETE ON reissued_proof
            BEGIN SELECT RAISE(ABORT, 'a proof that was given is kept'); END;
        """

    /// What ends at a node, by its case: the few messages among which those that acknowledge another are looked for.
    private static let acknowledgementsOfCase = """
        CREATE INDEX message_ending_here ON message (case_reference, ordinal) WHERE is_handed_over = 0;
        """

    /// SHA-256 over each envelope as it was kept, so that what the disk changed is not sent. NULL where there is no envelope,
    /// and in rows of before.
    private static let envelopeDigests = """
        ALTER TABLE message ADD COLUMN envelope_digest BLOB CHECK (length(envelope_digest) = 32);
        """

    /// When a recipient's people declined, which has a time like all else that they do. In rows of before it is that of the
    /// last acknowledgement, which is kept in the same transaction.
    private static let declinedAt = """
        ALTER TABLE delivery ADD COLUMN declined_at INTEGER;
        UPDATE delivery SET declined_at = (SELECT kept_at FROM message WHERE id = delivery.follow_up_message)
            WHERE follow_up = 'declined';
        """

    private static let alarms = """
        CREATE TABLE alarm (
            ordinal INTEGER PRIMARY KEY,
            code TEXT NOT NULL,
            -- Empty where the alarm is of no partner or message: NULL would be distinct from NULL in the index.
            partner TEXT NOT NULL,
            message_id BLOB NOT NULL CHECK (length(message_id) IN (0, 16)),
            detail TEXT NOT NULL,
            raised_at INTEGER NOT NULL,
            count INTEGER NOT NULL DEFAULT 1 CHECK (count > 0),
            cleared_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX alarm_open ON alarm (code, partner, message_id) WHERE cleared_at IS NULL;
        """

    private static let directories = """
        CREATE TABLE directory (
            version INTEGER PRIMARY KEY CHECK (version > 0),
            digest BLOB NOT NULL CHECK (length(digest) = 32),
            adopted_at INTEGER NOT NULL
        ) STRICT;
        """

    private static let audit = """
        CREATE TABLE audit (
            ordinal INTEGER PRIMARY KEY CHECK (ordinal > 0),
            leaf BLOB NOT NULL CHECK (length(leaf) > 0),
            hash BLOB NOT NULL CHECK (length(hash) = 32)
        ) STRICT;
        """

    /// What people page through, the most pressing first: the inbox by state, and the deliveries that need somebody, of
    /// all partners and of one.
    private static let listsByPriority = """
        ALTER TABLE inbox ADD COLUMN priority_rank INTEGER NOT NULL DEFAULT 0 CHECK (priority_rank BETWEEN 0 AND 3);
        UPDATE inbox SET priority_rank = (
            SELECT CASE priority WHEN 'stat' THEN 3 WHEN 'asap' THEN 2 WHEN 'urgent' THEN 1 ELSE 0 END
            FROM message WHERE id = inbox.message_id);
        CREATE INDEX inbox_pressing ON inbox (state, priority_rank, turn);
        DROP INDEX delivery_unsettled;
        CREATE INDEX delivery_pressing ON delivery (priority_rank, ordinal)
            WHERE transport IN ('open', 'held', 'refused');
        CREATE INDEX delivery_pressing_of_partner ON delivery (partner, priority_rank, ordinal)
            WHERE transport IN ('open', 'held', 'refused');
        """

    /// Who submitted a message of our own, and who took the last step with a received one, as the system knew them.
    private static let actors = """
        ALTER TABLE delivery ADD COLUMN actor TEXT NOT NULL DEFAULT '';
        ALTER TABLE inbox ADD COLUMN actor TEXT NOT NULL DEFAULT '';
        """

    /// The consumers of the organisation's own systems, and what orders the two feeds that they follow: each entry has a
    /// number that rises, and a consumer the last that it confirmed in each priority.
    private static let consumers = """
        CREATE TABLE consumer (
            name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 64),
            feed TEXT NOT NULL CHECK (feed IN ('inbox', 'deliveries')),
            -- Part of its cursors, so that another's, or one of before it was made anew, is not taken for its own.
            key BLOB NOT NULL UNIQUE CHECK (length(key) = 16),
            routine INTEGER NOT NULL CHECK (routine >= 0),
            urgent INTEGER NOT NULL CHECK (urgent >= 0),
            asap INTEGER NOT NULL CHECK (asap >= 0),
            stat INTEGER NOT NULL CHECK (stat >= 0),
            created_at INTEGER NOT NULL,
            confirmed_at INTEGER,
            actor TEXT NOT NULL
        ) STRICT;
        CREATE TRIGGER consumer_never_back BEFORE UPDATE ON consumer
            WHEN NEW.routine < OLD.routine OR NEW.urgent < OLD.urgent OR NEW.asap < OLD.asap OR NEW.stat < OLD.stat
                OR NEW.feed <> OLD.feed OR NEW.key <> OLD.key
            BEGIN SELECT RAISE(ABORT, 'what was confirmed is not handed out again'); END;
        CREATE TABLE feed (
            name TEXT PRIMARY KEY CHECK (name IN ('inbox', 'deliveries')),
            last_number INTEGER NOT NULL CHECK (last_number >= 0)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO feed (name, last_number) VALUES ('inbox', 0), ('deliveries', 0);
        CREATE TRIGGER feed_never_back BEFORE UPDATE ON feed WHEN NEW.last_number < OLD.last_number
            BEGIN SELECT RAISE(ABORT, 'a number of a feed is given once'); END;
        -- NULL until the message is there for everybody to see.
        ALTER TABLE inbox ADD COLUMN feed_number INTEGER;
        CREATE UNIQUE INDEX inbox_feed ON inbox (priority_rank, feed_number) WHERE feed_number IS NOT NULL;
        CREATE INDEX inbox_unnumbered ON inbox (turn) WHERE feed_number IS NULL;
        CREATE TRIGGER inbox_number_final BEFORE UPDATE OF feed_number ON inbox WHEN OLD.feed_number IS NOT NULL
            BEGIN SELECT RAISE(ABORT, 'a message stands once in the feed'); END;
        -- NULL until the delivery changes for the first time; then that of its last change.
        ALTER TABLE delivery ADD COLUMN feed_number INTEGER;
        UPDATE delivery SET feed_number = moved.number FROM (
            SELECT ordinal, row_number() OVER (ORDER BY ordinal) AS number FROM delivery
            WHERE transport <> 'open' OR follow_up <> 'none') AS moved
            WHERE moved.ordinal = delivery.ordinal;
        UPDATE feed SET last_number = (SELECT coalesce(max(feed_number), 0) FROM delivery) WHERE name = 'deliveries';
        CREATE UNIQUE INDEX delivery_feed ON delivery (priority_rank, feed_number) WHERE feed_number IS NOT NULL;
        CREATE TRIGGER delivery_changed AFTER UPDATE OF transport, follow_up ON delivery
            WHEN NEW.transport <> OLD.transport OR NEW.follow_up <> OLD.follow_up
            BEGIN
                UPDATE feed SET last_number = last_number + 1 WHERE name = 'deliveries';
                UPDATE delivery SET feed_number = (SELECT last_number FROM feed WHERE name = 'deliveries')
                    WHERE ordinal = NEW.ordinal;
            END;
        """

    /// The certificates and revocation lists by which signatures were judged, each once, and from when until when. One that
    /// comes back into use has another period.
    private static let validationData = """
        CREATE TABLE validation_object (
            ordinal INTEGER PRIMARY KEY,
            digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
            der BLOB NOT NULL CHECK (length(der) > 0)
        ) STRICT;
        CREATE TABLE validation_period (
            ordinal INTEGER PRIMARY KEY,
            object INTEGER NOT NULL REFERENCES validation_object (ordinal),
            kind TEXT NOT NULL CHECK (kind IN ('anchor', 'intermediate', 'revocation-list', 'signer')),
            used_from INTEGER NOT NULL,
            -- NULL while it is in use.
            used_until INTEGER CHECK (used_until >= used_from)
        ) STRICT;
        CREATE UNIQUE INDEX validation_in_use ON validation_period (object) WHERE used_until IS NULL;
        CREATE INDEX validation_ended ON validation_period (used_until, used_from) WHERE used_until IS NOT NULL;
        CREATE TRIGGER validation_object_final BEFORE UPDATE ON validation_object
            BEGIN SELECT RAISE(ABORT, 'what signatures were judged by is kept as it was'); END;
        CREATE TRIGGER validation_object_kept BEFORE DELETE ON validation_object
            BEGIN SELECT RAISE(ABORT, 'what signatures were judged by is kept as it was'); END;
        CREATE TRIGGER validation_period_ends_once BEFORE UPDATE ON validation_period
            WHEN OLD.used_until IS NOT NULL OR NEW.object <> OLD.object OR NEW.kind <> OLD.kind
                OR NEW.used_from <> OLD.used_from
            BEGIN SELECT RAISE(ABORT, 'when something was in use is kept as it was'); END;
        CREATE TRIGGER validation_period_kept BEFORE DELETE ON validation_period
            BEGIN SELECT RAISE(ABORT, 'when something was in use is kept as it was'); END;
        """

    /// Rules that span rows. They hold against a fault of our own, and against a hand on the file.
    private static let guards = """
        CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER audit_kept BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
        CREATE TRIGGER delivery_without_hole BEFORE INSERT ON delivery
            WHEN NEW.number IS NOT (SELECT issued_number + 1 FROM partner WHERE oin = NEW.partner)
            BEGIN SELECT RAISE(ABORT, 'a channel has no holes'); END;
        CREATE TRIGGER delivery_counted AFTER INSERT ON delivery
            BEGIN UPDATE partner SET
                issued_number = NEW.number, issued_digest = NEW.running_digest,
                open_items = open_items + 1, open_bytes = open_bytes + NEW.envelope_bytes
            WHERE oin = NEW.partner; END;
        CREATE TRIGGER delivery_closed AFTER UPDATE OF transport ON delivery
            WHEN OLD.transport IN ('open', 'held') AND NEW.transport NOT IN ('open', 'held')
            BEGIN UPDATE partner SET open_items = open_items - 1, open_bytes = open_bytes - NEW.envelope_bytes
            WHERE oin = NEW.partner; END;
        CREATE TRIGGER delivery_never_back BEFORE UPDATE OF transport ON delivery
            WHEN (OLD.transport NOT IN ('open', 'held') AND NEW.transport IN ('open', 'held'))
                OR (OLD.transport = 'receipted' AND NEW.transport <> 'receipted')
            BEGIN SELECT RAISE(ABORT, 'a delivery that has its answer is not reopened'); END;
        CREATE TRIGGER delivery_identity BEFORE UPDATE OF partner, number, message_id, running_digest ON delivery
            BEGIN SELECT RAISE(ABORT, 'a number stands for one message'); END;
        CREATE TRIGGER delivery_kept BEFORE DELETE ON delivery
            BEGIN SELECT RAISE(ABORT, 'deliveries are never purged'); END;
        CREATE TRIGGER slot_final BEFORE UPDATE OF partner, number, message_id, message_digest, answer, note, proof
            ON slot WHEN OLD.answer <> 'held' OR NEW.partner <> OLD.partner OR NEW.number <> OLD.number
                OR NEW.message_id <> OLD.message_id OR NEW.message_digest <> OLD.message_digest
            BEGIN SELECT RAISE(ABORT, 'an answer that was given is repeated, never changed'); END;
        CREATE TRIGGER slot_kept BEFORE DELETE ON slot
            BEGIN SELECT RAISE(ABORT, 'answers are never purged'); END;
        CREATE TRIGGER message_identity BEFORE UPDATE OF id, digest, case_reference, sender ON message
            BEGIN SELECT RAISE(ABORT, 'a message id stands for one message'); END;
        CREATE TRIGGER message_kept BEFORE DELETE ON message
            BEGIN SELECT RAISE(ABORT, 'ids and digests are never purged'); END;
        CREATE TRIGGER idempotency_key_final BEFORE UPDATE ON idempotency_key
            BEGIN SELECT RAISE(ABORT, 'a key stands for one submission'); END;
        CREATE TRIGGER idempotency_key_kept BEFORE DELETE ON idempotency_key
            BEGIN SELECT RAISE(ABORT, 'a key stands for one submission'); END;
        """
}
