# What else happens to coupons: a stock that ends, a till that keeps one for its customer, a refund, a thousand leaflets, and
# somebody who tries codes.
package Coupons;
use v5.36;
use Report qw(heading promise tally);
use Shop;

my $crowd = 10;
my $leaflets = 1000;
my $lost_leaflets = 12;

sub begin ($class, $admin, $shop) {
    my %template = map { @$_ } $shop->rows('SELECT template_name, id FROM rewards.coupon_templates');
    my @members = map { $_->[0] } $shop->rows("SELECT rewards.uuidv5('$shop->{company}', 'visitor ' || number)
        FROM generate_series(1, $crowd) AS number");
    return bless { admin => $admin, shop => $shop, template => \%template, members => \@members }, $class;
}

# In the company's context, as staff; the first row is the answer of set_company_context().
sub staff ($self, $statement) {
    my (undef, @rows) = $self->{admin}->rows(
        "BEGIN; SELECT rewards.set_company_context('$self->{shop}{company}', 'staff', 'admin'); $statement; COMMIT;");
    return @rows;
}

sub last_tickets ($self) {
    heading("13. Five tickets, $crowd visitors at once");
    my ($shop, $ticket) = ($self->{shop}, $self->{template}{'concert ticket'});
    my %outcomes;
    $outcomes{ $_->{outcome} }++ for $shop->redeem_by_many($ticket, 'the concert', @{ $self->{members} });
    promise('five have one, and nobody has a sixth: ' . tally(\%outcomes), tally(\%outcomes),
        tally({ redeemed => 5, out_of_stock => $crowd - 5 }));
    my ($restocked) = $self->staff("SELECT outcome FROM rewards.restock_coupon('$ticket', 1)");
    promise('one more is put on sale', $restocked->[0], 'restocked');
    %outcomes = ();
    $outcomes{ $_->{outcome} }++ for $shop->redeem_by_many($ticket, 'another try', @{ $self->{members} });
    promise('and sold to one of those who have none: ' . tally(\%outcomes), $outcomes{redeemed}, 1);
    my ($wrong) = $self->staff('SELECT count(*) FROM rewards.coupon_stock_discrepancies');
    promise('stock and coupons agree', $wrong->[0], 0);
}

sub held_and_revoked ($self) {
    heading('14. Kept for one till, taken back, paid back');
    my ($shop, $member) = ($self->{shop}, $self->{members}[0]);
    $shop->award($member, 60, 'a first visit', 'welcome');
    my $coupon = $shop->redeem($member, $self->{template}{'free coffee'}, 'held');
    promise('counter 1 holds a coupon while its customer pays', $shop->hold($coupon->{coupon_code}, 'counter 1')->{outcome}, 'held');
    promise('counter 2 cannot claim it: not_redeemable',
        $shop->claim($coupon->{coupon_code}, 'counter 2')->{outcome}, 'not_redeemable');
    promise('staff are told why: held', ($self->staff("SELECT reason FROM rewards.claim_coupon('$coupon->{coupon_code}', 'counter 2')"))[0][0],
        'held');
    my ($reference) = $shop->row("SELECT rewards.coupon_public_ref('$coupon->{coupon_id}')");
    my ($found) = $self->staff("SELECT coupon_id FROM rewards.find_coupon_by_ref('$reference')");
    promise("the customer calls, and reads out no code but the reference $reference", $found->[0], $coupon->{coupon_id});
    my $revoked = $shop->revoke($coupon->{coupon_id}, 'the machine is broken', 't');
    promise('the coupon is revoked, and its 60 points are back', "$revoked->{outcome} $revoked->{points_refunded} $revoked->{balance}",
        'revoked 60 60');
    promise('a second refund is refused: already_refunded', $shop->revoke($coupon->{coupon_id}, 'twice', 't')->{outcome}, 'already_refunded');
    promise('counter 1 comes too late: not_redeemable', $shop->claim($coupon->{coupon_code}, 'counter 1')->{outcome}, 'not_redeemable');
}

sub leaflets ($self) {
    heading("15. $leaflets leaflets, and codes that exist no more");
    my $shop = $self->{shop};
    my ($batch) = $self->staff("SELECT batch_id FROM rewards.begin_coupon_batch('$self->{template}{leaflet}', $leaflets, 'spring')");
    $self->staff("SELECT * FROM rewards.issue_coupon_batch('$batch->[0]')");
    my @codes = map { $_->[0] } $self->staff("COPY (SELECT coupon_code FROM rewards.coupon_batch_codes('$batch->[0]')) TO STDOUT");
    my %different = map { $_ => 1 } @codes;
    promise('a code for each leaves by COPY, for the printer', scalar keys %different, $leaflets);
    my $lost = join ', ', 2 .. $lost_leaflets + 1;
    my %reissued;
    $reissued{ $_->[0] }++ for $self->staff("SELECT (rewards.reissue_coupon_code(coupon_id, 'lost on the way')).outcome
        FROM rewards.coupons WHERE batch_id = '$batch->[0]' AND batch_number IN ($lost)");
    promise("$lost_leaflets of them are lost, and get other codes: " . tally(\%reissued), tally(\%reissued),
        tally({ reissued => $lost_leaflets }));
    my ($finder, %outcomes) = 'the finder';
    $outcomes{ $shop->claim($codes[$_], $finder)->{outcome} }++ for 1 .. $lost_leaflets;
    promise('who has found them tries ten codes that exist no more, and then has to wait: ' . tally(\%outcomes), tally(\%outcomes),
        tally({ not_redeemable => 10, try_later => $lost_leaflets - 10 }));
    my $blocked = $shop->claim($codes[0], $finder);
    promise("with a good code, too, for $blocked->{retry_after} seconds", $blocked->{outcome}, 'try_later');
    promise('from anybody else it is claimed', $shop->claim($codes[0], 'a customer')->{outcome}, 'claimed');
}

1;
