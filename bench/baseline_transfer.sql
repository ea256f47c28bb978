-- What award_points() is measured against: a transfer as SQL ledgers do it, in double entry. Both accounts are locked in the order
-- of their ids, a transfer has two entries, and an entry knows the balance of its account before and after it and its number there.
-- Foreign keys hold an entry to its transfer and its account, which is two fifths of the work. There is no idempotency key, no
-- chain of hashes and no tenant.
-- Variable: accounts (their number).
CREATE SCHEMA ledger;

CREATE TABLE ledger.accounts (
    id bigint PRIMARY KEY, balance bigint NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 0,
    may_be_negative boolean NOT NULL DEFAULT false, updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (may_be_negative OR balance >= 0)
) WITH (fillfactor = 70);

CREATE TABLE ledger.transfers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    sender_id bigint NOT NULL REFERENCES ledger.accounts, receiver_id bigint NOT NULL REFERENCES ledger.accounts,
    amount bigint NOT NULL CHECK (amount > 0), created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (sender_id <> receiver_id)
);

CREATE TABLE ledger.entries (
    account_id bigint NOT NULL REFERENCES ledger.accounts, version bigint NOT NULL,
    transfer_id uuid NOT NULL REFERENCES ledger.transfers, amount bigint NOT NULL,
    balance_before bigint NOT NULL, balance_after bigint NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, version),
    CHECK (balance_before + amount = balance_after)
);
CREATE INDEX ON ledger.entries (transfer_id);

CREATE FUNCTION ledger.transfer(p_sender bigint, p_receiver bigint, p_amount bigint) RETURNS uuid
LANGUAGE plpgsql AS $function$
DECLARE
    sent_balance bigint;
    sent_version bigint;
    received_balance bigint;
    received_version bigint;
    new_transfer uuid;
BEGIN
    -- The other one is locked by its UPDATE.
    PERFORM FROM ledger.accounts WHERE id = least(p_sender, p_receiver) FOR UPDATE;
    UPDATE ledger.accounts SET balance = balance - p_amount, version = version + 1, updated_at = now()
     WHERE id = p_sender RETURNING balance, version INTO sent_balance, sent_version;
    UPDATE ledger.accounts SET balance = balance + p_amount, version = version + 1, updated_at = now()
     WHERE id = p_receiver RETURNING balance, version INTO received_balance, received_version;
    INSERT INTO ledger.transfers (sender_id, receiver_id, amount) VALUES (p_sender, p_receiver, p_amount)
      RETURNING id INTO new_transfer;
    INSERT INTO ledger.entries (account_id, version, transfer_id, amount, balance_before, balance_after)
         VALUES (p_sender, sent_version, new_transfer, -p_amount, sent_balance + p_amount, sent_balance),
                (p_receiver, received_version, new_transfer, p_amount, received_balance - p_amount, received_balance);
    RETURN new_transfer;
END
$function$;

-- Rows first, statistics then: of empty tables the planner would keep plans that read all of them.
INSERT INTO ledger.accounts (id, balance) SELECT n, 1000000000 FROM generate_series(1, :accounts) AS n;
SELECT count(ledger.transfer(1 + n % :accounts, 1 + (n + 1) % :accounts, 1)) FROM generate_series(1, 20000) AS n;
VACUUM ANALYZE ledger.accounts, ledger.transfers, ledger.entries;
