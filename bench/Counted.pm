# The calls whose instructions are counted, as statements in PL/pgSQL: bench.calls of them, each for another member.
package Counted;
use v5.36;

# Name, SQL of ours; what it is compared with, SQL of theirs; the goal of ours / theirs.
our @calls = (
    { name => 'redeem', ours => calls_of(redeemed => q{rewards.redeem_coupon(users[i], template, 'n' || i)}),
        against => 'PL/pgSQL', theirs => calls_of(redeemed => q{baseline.redeem_coupon(company, users[i], template, 'n' || i)}),
        goal => 0.5 },
    { name => 'redeem from stock', ours => calls_of(redeemed => q{rewards.redeem_coupon(users[i], limited[i], 'n' || i)}) },
    { name => 'submit', ours => calls_of(recorded => q{rewards.submit_points_event(users[i], 'visit', event_time, 'n' || i)}),
        against => 'PL/pgSQL',
        theirs => calls_of(recorded => q{submission.submit_points_event(company, users[i], 'visit', event_time, 'n' || i)}),
        goal => 0.5 },
    { name => 'submit in a batch', ours => block(q{
            SELECT string_agg(DISTINCT outcome, ' ') INTO result
              FROM rewards.submit_points_events((SELECT events FROM counted.batches WHERE size = calls));
            ASSERT result = 'recorded', result}),
        against => 'INSERT ... SELECT',
        theirs => block(q{INSERT INTO counted.points_events SELECT * FROM counted.submitted LIMIT calls}),
        goal => 2 },
    { name => 'award', ours => calls_of(awarded => q{rewards.award_points(users[i], 1, NULL, 'n' || i)}),
        against => 'transfer in PL/pgSQL', theirs => loop(q{PERFORM ledger.transfer(i, i + most_calls, 1)}) },
    { name => 'claim', ours => calls_of(claimed => q{rewards.claim_coupon(ours[i], 'till')}),
        against => 'PL/pgSQL', theirs => calls_of(claimed => q{baseline.claim_coupon(company, theirs[i], 'till')}) },
    { name => 'hold', ours => calls_of(held => q{rewards.hold_coupon(ours[i], 'till')}) },
    { name => 'get_current_company_id', ours => loop(q{found := rewards.get_current_company_id()}),
        against => 'current_setting()::uuid', theirs => loop(q{found := current_setting('app.company')::uuid}) },
    { name => 'set_company_context', ours => loop(q{PERFORM rewards.set_company_context(company); COMMIT}),
        against => 'set_config()', theirs => loop(q{PERFORM set_config('app.company', company::text, true); COMMIT}) },
);

sub calls_of ($outcome, $call) {
    return loop("SELECT outcome INTO result FROM $call; IF result <> '$outcome' THEN RAISE EXCEPTION '%', result; END IF");
}

sub loop ($statements) { return block("FOR i IN 1..calls LOOP $statements; END LOOP") }

# What is looked up here is the same for any number of calls, and so in no count.
sub block ($statements) {
    return <<~"SQL";
        DO \$bench\$
        DECLARE
            calls CONSTANT integer := current_setting('bench.calls');
            most_calls CONSTANT integer := (SELECT count(*) FROM counted.codes);
            company CONSTANT uuid := (SELECT company_id FROM rewards.coupon_templates WHERE template_name = 'bench');
            template CONSTANT uuid := (SELECT id FROM rewards.coupon_templates WHERE template_name = 'bench');
            event_time CONSTANT timestamptz := now() - interval '1 hour';
            users CONSTANT uuid[] := (SELECT array_agg(md5(n::text)::uuid ORDER BY n) FROM counted.codes);
            limited CONSTANT uuid[] := (SELECT array_agg(md5('limited ' || n)::uuid ORDER BY n) FROM counted.codes);
            ours CONSTANT text[] := (SELECT array_agg(c.ours ORDER BY n) FROM counted.codes c);
            theirs CONSTANT text[] := (SELECT array_agg(c.theirs ORDER BY n) FROM counted.codes c);
            found uuid;
            result text;
        BEGIN
            PERFORM rewards.set_company_context(company), set_config('app.company', company::text, false);
            $statements;
        END
        \$bench\$;

        SQL
}

1;
