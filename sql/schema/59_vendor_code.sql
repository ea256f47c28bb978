-- Codes that a vendor has made, for templates with vendor_codes: imported in batches, encrypted, handed out once each.
CREATE TABLE rewards.vendor_batches (
    id           uuid        PRIMARY KEY DEFAULT rewards.uuidv7(),
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    number       integer     NOT NULL,
    template_id  uuid        NOT NULL,
    label        text,
    codes        integer     NOT NULL DEFAULT 0,
    key_slot     smallint    NOT NULL,
    wrapped_key  bytea,
    expires_at   timestamptz NOT NULL DEFAULT 'infinity',
    imported_at  timestamptz NOT NULL DEFAULT now(),
    imported_by  text        NOT NULL,
    shredded_at  timestamptz,
    shredded_by  text,
    shred_reason text,
    UNIQUE (company_id, number),
    CONSTRAINT vendor_batches_sound CHECK (
        number > 0 AND codes >= 0
        AND key_slot BETWEEN 0 AND 31
        AND octet_length(wrapped_key) = 48
        AND (wrapped_key IS NULL) = (shredded_at IS NOT NULL)
        AND (shredded_at IS NULL) = (shredded_by IS NULL)
        AND (shredded_at IS NULL) = (shred_reason IS NULL))
);
COMMENT ON TABLE rewards.vendor_batches IS 'Imports of vendor codes: one row for each call of import_vendor_codes() that brought a new code';
COMMENT ON COLUMN rewards.vendor_batches.id IS 'Time-ordered identifier (UUID version 7) of the import';
COMMENT ON COLUMN rewards.vendor_batches.company_id IS 'Company whose codes they are';
COMMENT ON COLUMN rewards.vendor_batches.number IS 'Counts the imports of the company, which come one after the other';
COMMENT ON COLUMN rewards.vendor_batches.template_id IS 'Template whose coupons get them';
COMMENT ON COLUMN rewards.vendor_batches.label IS 'What people call the import';
COMMENT ON COLUMN rewards.vendor_batches.codes IS 'How many codes it brought';
COMMENT ON COLUMN rewards.vendor_batches.key_slot IS 'The slot of the master key that wraps the key of the batch, and tags its codes';
COMMENT ON COLUMN rewards.vendor_batches.wrapped_key IS 'The key of its codes, encrypted with AES-256-GCM; null after shred_vendor_batch(): then nobody can read them any more';
COMMENT ON COLUMN rewards.vendor_batches.expires_at IS 'Until when the vendor accepts the codes; infinity: for ever';
COMMENT ON COLUMN rewards.vendor_batches.imported_at IS 'When';
COMMENT ON COLUMN rewards.vendor_batches.imported_by IS 'By whom: actor of the company context, or the database role';
COMMENT ON COLUMN rewards.vendor_batches.shredded_at IS 'When its key was destroyed; null: it was not';
COMMENT ON COLUMN rewards.vendor_batches.shredded_by IS 'By whom';
COMMENT ON COLUMN rewards.vendor_batches.shred_reason IS 'Why';

CREATE TABLE rewards.vendor_codes (
    id           uuid        PRIMARY KEY DEFAULT rewards.uuidv7(),
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    batch_id     uuid        NOT NULL,
    ordinal      integer     NOT NULL,
    template_id  uuid        NOT NULL,
    code_tag     bytea       NOT NULL,
    sealed_code  bytea       NOT NULL,
    expires_at   timestamptz NOT NULL DEFAULT 'infinity',
    status       text        COLLATE "C" NOT NULL DEFAULT 'available',
    coupon_id    uuid,
    assigned_at  timestamptz,
    revealed_at  timestamptz,
    revealed_by  text,
    withdrawn_at timestamptz,
    CONSTRAINT vendor_codes_sound CHECK (
        ordinal > 0
        AND octet_length(code_tag) = 32
        AND octet_length(sealed_code) > 16
        AND status IN ('available', 'assigned', 'revealed', 'withdrawn')
        AND (status <> 'available' OR coupon_id IS NULL)
        AND (status NOT IN ('assigned', 'revealed') OR coupon_id IS NOT NULL)
        AND (coupon_id IS NULL) = (assigned_at IS NULL)
        AND (status <> 'revealed' OR revealed_at IS NOT NULL)
        AND (status NOT IN ('available', 'assigned') OR revealed_at IS NULL)
        AND (revealed_at IS NULL) = (revealed_by IS NULL)
        AND (status = 'withdrawn') = (withdrawn_at IS NOT NULL))
);
COMMENT ON TABLE rewards.vendor_codes IS 'Codes of vendors, encrypted. A code that somebody has seen never goes back to be handed out again';
COMMENT ON COLUMN rewards.vendor_codes.id IS 'Time-ordered identifier (UUID version 7) of the code';
COMMENT ON COLUMN rewards.vendor_codes.company_id IS 'Company whose code it is';
COMMENT ON COLUMN rewards.vendor_codes.batch_id IS 'The import that brought it';
COMMENT ON COLUMN rewards.vendor_codes.ordinal IS 'Its place in the import, from 1';
COMMENT ON COLUMN rewards.vendor_codes.template_id IS 'Template whose coupons get it';
COMMENT ON COLUMN rewards.vendor_codes.code_tag IS 'HMAC-SHA-256 of company and code, by which the same code is known again';
COMMENT ON COLUMN rewards.vendor_codes.sealed_code IS 'The code under the key of its batch: AES-256-GCM, bound to company, batch and id; the nonce is ordinal';
COMMENT ON COLUMN rewards.vendor_codes.expires_at IS 'Until when the vendor accepts it; infinity: for ever';
COMMENT ON COLUMN rewards.vendor_codes.status IS 'available; assigned to a coupon; revealed to somebody; withdrawn: never to be handed out, because its batch was shredded or its coupon revoked after somebody had seen it';
COMMENT ON COLUMN rewards.vendor_codes.coupon_id IS 'The coupon that it was assigned to';
COMMENT ON COLUMN rewards.vendor_codes.assigned_at IS 'When a coupon got it; null: none has';
COMMENT ON COLUMN rewards.vendor_codes.revealed_at IS 'When somebody saw it first; audit_log has every time';
COMMENT ON COLUMN rewards.vendor_codes.revealed_by IS 'Who saw it first';
COMMENT ON COLUMN rewards.vendor_codes.withdrawn_at IS 'When it was withdrawn; null: it was not';

CREATE UNIQUE INDEX vendor_codes_tag ON rewards.vendor_codes (company_id, code_tag);
CREATE INDEX vendor_codes_pool ON rewards.vendor_codes (template_id, status, expires_at);
CREATE INDEX vendor_codes_batch ON rewards.vendor_codes (batch_id, id);

CREATE VIEW rewards.vendor_batch_stock WITH (security_invoker = true) AS
    SELECT b.company_id, b.template_id, b.id AS batch_id, b.number, b.label, b.expires_at, b.shredded_at, b.codes, c.*
      FROM rewards.vendor_batches b
     CROSS JOIN LATERAL (
           SELECT count(*) FILTER (WHERE status = 'available' AND expires_at > clock_timestamp()) AS available,
                  count(*) FILTER (WHERE status = 'available' AND expires_at <= clock_timestamp()) AS expired,
                  count(*) FILTER (WHERE status = 'assigned') AS assigned,
                  count(*) FILTER (WHERE status = 'revealed') AS revealed,
                  count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn
             FROM rewards.vendor_codes WHERE batch_id = b.id) c;
COMMENT ON VIEW rewards.vendor_batch_stock IS 'Where the codes of each import are: available, expired before they were handed out, assigned to a coupon but seen by nobody, revealed, withdrawn';

CREATE VIEW rewards.vendor_stock WITH (security_invoker = true) AS
    SELECT t.company_id, t.id AS template_id, t.template_name, t.vendor_codes, t.low_stock_at, s.*,
           s.available <= t.low_stock_at AS is_low
      FROM rewards.coupon_templates t
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(available), 0)::bigint AS available, coalesce(sum(expired), 0)::bigint AS expired,
                  coalesce(sum(assigned), 0)::bigint AS assigned, coalesce(sum(revealed), 0)::bigint AS revealed,
                  coalesce(sum(withdrawn), 0)::bigint AS withdrawn,
                  min(expires_at) FILTER (WHERE available > 0) AS next_expiry
             FROM rewards.vendor_batch_stock WHERE template_id = t.id) s
     WHERE t.vendor_codes OR EXISTS (SELECT FROM rewards.vendor_batches b WHERE b.template_id = t.id);
COMMENT ON VIEW rewards.vendor_stock IS 'What is left of the vendor codes of each template that has some or, as vendor_codes says, hands them out. is_low: not more than low_stock_at; null where that is null';

CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.vendor_batches
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('import_vendor_codes() imports codes.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.vendor_batches
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('shred_vendor_batch() makes the codes of a batch unreadable; what was handed out stays on record.');
CREATE TRIGGER refuse_insert BEFORE INSERT ON rewards.vendor_codes
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('import_vendor_codes() imports codes.');
CREATE TRIGGER refuse_write BEFORE UPDATE OR DELETE OR TRUNCATE ON rewards.vendor_codes
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.refuse_write('Vendor codes follow their coupons; shred_vendor_batch() takes those of a batch back.');
ALTER TABLE rewards.vendor_batches ENABLE ALWAYS TRIGGER refuse_write;
ALTER TABLE rewards.vendor_codes ENABLE ALWAYS TRIGGER refuse_write;

ALTER TABLE rewards.vendor_batches ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.vendor_batches
    USING (company_id = rewards.get_back_end_company_id());
ALTER TABLE rewards.vendor_codes ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.vendor_codes
    USING (company_id = rewards.get_back_end_company_id());
