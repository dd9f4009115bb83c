/// The part of the schema by which a node finds out that its store is older than what it signed, and gets that back.
extension Schema {
    /// How far each channel is certain, with which opening a partner runs, and what is sent to it again. The rules about
    /// numbers are as before for all that is settled; what is not yet may get another number while it is got back.
    static let recovery = """
        ALTER TABLE partner ADD COLUMN settled_number INTEGER NOT NULL DEFAULT 0 CHECK (settled_number >= 0);
        ALTER TABLE partner ADD COLUMN settled_digest BLOB NOT NULL
            DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000'
            CHECK (length(settled_digest) = 32);
        ALTER TABLE partner ADD COLUMN is_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (is_confirmed IN (0, 1));
        -- NULL while nothing is got back: 'to-compare' where a tally must show first how far it goes, 'part' where the
        -- partner has more than is asked for.
        ALTER TABLE partner ADD COLUMN recovery TEXT CHECK (recovery IN ('to-compare', 'part', 'whole'));
        ALTER TABLE partner ADD COLUMN recovering_until INTEGER NOT NULL DEFAULT 0 CHECK (recovering_until >= 0);
        -- Whether what is being got back has shown by our own signature that the store is older than what it signed.
        ALTER TABLE partner ADD COLUMN is_loss_proven INTEGER NOT NULL DEFAULT 0 CHECK (is_loss_proven IN (0, 1));
        -- Numbers of our channel behind which there is the partner's word alone, since ever.
        ALTER TABLE partner ADD COLUMN unproven_numbers INTEGER NOT NULL DEFAULT 0 CHECK (unproven_numbers >= 0);
        -- What the partner has under this number, where our message only stands in the place of one that is lost.
        ALTER TABLE delivery ADD COLUMN lost_id BLOB CHECK (length(lost_id) = 16);
        ALTER TABLE delivery ADD COLUMN lost_digest BLOB CHECK (length(lost_digest) = 32);
        CREATE INDEX delivery_of_lost ON delivery (lost_id) WHERE lost_id IS NOT NULL;
        ALTER TABLE partner ADD COLUMN running_incarnation BLOB CHECK (length(running_incarnation) = 16);
        ALTER TABLE partner ADD COLUMN answering_incarnation BLOB CHECK (length(answering_incarnation) = 16);
        UPDATE partner SET settled_number = issued_number, settled_digest = issued_digest;
        ALTER TABLE inbox ADD COLUMN may_be_repeated INTEGER NOT NULL DEFAULT 0 CHECK (may_be_repeated IN (0, 1));
        -- When the store turned out to be older than what was done with it, or was made anew: whatever was made until then may
        -- have been handed over before.
        CREATE TABLE renewal (
            ordinal INTEGER PRIMARY KEY,
            renewed_at INTEGER NOT NULL
        ) STRICT;
        -- Deliveries that have their answer and are sent again, because the partner has lost it.
        CREATE TABLE refill (
            partner TEXT NOT NULL,
            number INTEGER NOT NULL,
            priority_rank INTEGER NOT NULL CHECK (priority_rank BETWEEN 0 AND 3),
            -- 0 until it is put off.
            next_attempt INTEGER NOT NULL DEFAULT 0 CHECK (next_attempt >= 0),
            PRIMARY KEY (partner, number),
            FOREIGN KEY (partner, number) REFERENCES delivery (partner, number)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX refill_due ON refill (partner, priority_rank, next_attempt, number);
        DROP TRIGGER delivery_without_hole;
        CREATE TRIGGER delivery_without_hole BEFORE INSERT ON delivery
            WHEN NOT EXISTS (SELECT 1 FROM partner WHERE oin = NEW.partner AND (NEW.number = issued_number + 1
                OR (recovery IN ('part', 'whole') AND NEW.number > settled_number AND NEW.number <= recovering_until)))
            BEGIN SELECT RAISE(ABORT, 'a channel has no holes'); END;
        DROP TRIGGER delivery_counted;
        CREATE TRIGGER delivery_counted AFTER INSERT ON delivery
            BEGIN UPDATE partner SET
                issued_number = max(issued_number, NEW.number),
                issued_digest = CASE WHEN NEW.number > issued_number THEN NEW.running_digest ELSE issued_digest END,
                settled_number = CASE WHEN is_confirmed THEN NEW.number ELSE settled_number END,
                settled_digest = CASE WHEN is_confirmed THEN NEW.running_digest ELSE settled_digest END,
                open_items = open_items + 1, open_bytes = open_bytes + NEW.envelope_bytes
            WHERE oin = NEW.partner; END;
        DROP TRIGGER delivery_identity;
        CREATE TRIGGER delivery_identity BEFORE UPDATE OF partner, number, message_id, running_digest ON delivery
            WHEN NEW.partner <> OLD.partner
                OR (NEW.message_id <> OLD.message_id AND NOT EXISTS (SELECT 1 FROM message
                    WHERE id = NEW.message_id AND id IS OLD.lost_id AND digest IS OLD.lost_digest))
                OR (NEW.number, NEW.running_digest) IS NOT (OLD.number, OLD.running_digest)
                    AND NOT EXISTS (SELECT 1 FROM partner WHERE oin = OLD.partner
                        AND recovery IN ('part', 'whole') AND settled_number < OLD.number)
                OR (NEW.number <> OLD.number AND OLD.is_outstanding = 0)
            BEGIN SELECT RAISE(ABORT, 'a number stands for one message'); END;
        CREATE TRIGGER partner_settled_never_back BEFORE UPDATE OF settled_number ON partner
            WHEN NEW.settled_number < OLD.settled_number AND NEW.recovery IS NULL
            BEGIN SELECT RAISE(ABORT, 'what is certain of a channel stays'); END;
        CREATE TRIGGER delivery_lost BEFORE UPDATE OF lost_id, lost_digest ON delivery
            WHEN NEW.lost_id IS NOT NULL OR NEW.lost_digest IS NOT NULL OR NEW.message_id <> OLD.lost_id
            BEGIN SELECT RAISE(ABORT, 'what a partner has under a number stays'); END;
        """
}
