# What members, tills and strangers do once there are points. Each scene plays it and says what came of it.
package Scenes;
use v5.36;
use Activity;
use Report qw(count_of heading promise say_so tally with_commas);
use Shop;

my $redeemers = 20;
my $bonus = 1000;
my $tills = 10;

sub begin ($class, $admin, $shop) {
    my %template = map { my ($name, $id, $cost) = @$_; ($name => { name => $name, id => $id, cost => $cost }) }
        $shop->rows('SELECT template_name, id, points_cost FROM rewards.coupon_templates');
    my ($member, $name) = $shop->row('SELECT user_id, member
        FROM rewards.user_points_cache JOIN shop.activity USING (user_id)
        ORDER BY available_points DESC, user_id LIMIT 1');
    my $self = bless { admin => $admin, shop => $shop, template => \%template, issued => [], spent => 0 }, $class;
    @$self{qw(member name)} = ($member, Activity::quoted($name));
    return $self;
}

# Notes what was paid, and hands out the answer.
sub redeem ($self, $member, $template, $nonce) {
    my $answer = $self->{shop}->redeem($member, $template->{id}, $nonce);
    $self->{spent} += $template->{cost} if $answer->{outcome} eq 'redeemed' && $answer->{replayed} eq 'f';
    return $answer;
}

sub redeem_coupons ($self) {
    heading('4. Points become coupons');
    my $shop = $self->{shop};
    my $award = $shop->award($self->{member}, $bonus, 'most points of all', 'most points 2026');
    promise("$self->{name} has most points and gets " . with_commas($bonus) . ' more', $award->{outcome}, 'awarded');
    $self->members_redeem;
    $self->lost_answer;
    $self->refused_redemptions;
}

# The one with most points and some others, each the dearest that it can pay.
sub members_redeem ($self) {
    my @templates = sort { $b->{cost} <=> $a->{cost} } grep { $_->{cost} } values %{ $self->{template} };
    my @members = $self->{shop}->rows("SELECT user_id, available_points FROM rewards.user_points_cache
        WHERE available_points >= $templates[-1]{cost}
        ORDER BY user_id <> '$self->{member}', user_id LIMIT $redeemers");
    my (%wrong, %redeemed, %codes);
    for (@members) {
        my ($member, $balance) = @$_;
        my ($template) = grep { $_->{cost} <= $balance } @templates;
        my $coupon = $self->redeem($member, $template, 'the first coupon');
        $wrong{ $coupon->{outcome} }++ if $coupon->{outcome} ne 'redeemed';
        $wrong{balance}++ if $coupon->{points_remaining} != $balance - $template->{cost};
        $redeemed{ $template->{name} }++;
        $codes{ $coupon->{coupon_code} }++;
        push @{ $self->{issued} }, { %$coupon, template => $template };
    }
    promise('redeemed by ' . count_of(scalar @members, 'member') . ': ' . tally(\%redeemed), tally(\%wrong), '');
    promise('each has a code of its own', scalar keys %codes, scalar @members);
}

sub lost_answer ($self) {
    my $first = $self->{issued}[0];
    my $again = $self->redeem($self->{member}, $first->{template}, 'the first coupon');
    promise("$self->{name} asks again with the same nonce, as if the answer had been lost:",
        "$again->{outcome} $again->{replayed} $again->{points_remaining}", "redeemed t $first->{points_remaining}");
    promise("    the same code, $again->{coupon_code}, and not a point less",
        "$again->{coupon_id} $again->{coupon_code}", "$first->{coupon_id} $first->{coupon_code}");
}

sub refused_redemptions ($self) {
    my ($first, $birthday) = ($self->{issued}[0]{template}, $self->{template}{'birthday coffee'});
    my $other = $self->redeem($self->{member}, $birthday, 'the first coupon');
    promise('the same nonce for another coupon is refused: nonce_conflict', $other->{outcome}, 'nonce_conflict');
    $self->{birthday} = $self->redeem($self->{member}, $birthday, 'birthday');
    promise('a birthday coffee, for no points', $self->{birthday}{outcome}, 'redeemed');
    my $second = $self->redeem($self->{member}, $birthday, 'another birthday');
    promise('a second one is refused, one per member: limit_reached', $second->{outcome}, 'limit_reached');
}

sub claim_codes ($self) {
    heading('5. Codes are claimed at the counter');
    my ($first, @others) = @{ $self->{issued} };
    my $shop = $self->{shop};
    my $claim = $shop->claim($first->{coupon_code}, 'counter 1');
    promise("$first->{template}{name}, worth $claim->{value} as $claim->{value_type}, is claimed",
        "$claim->{outcome} $claim->{coupon_id}", "claimed $first->{coupon_id}");
    promise('the same code a second time is refused: not_redeemable',
        $shop->claim($first->{coupon_code}, 'counter 2')->{outcome}, 'not_redeemable');
    promise('one with a typing error is refused without being looked up: malformed',
        $shop->claim(mistyped($first->{coupon_code}), 'counter 1')->{outcome}, 'malformed');
    my %outcomes;
    my @more = grep { $_ % 2 == 0 } 0 .. $#others;
    $outcomes{ $shop->claim($others[$_]{coupon_code}, 'counter 1')->{outcome} }++ for @more;
    promise('claimed as well: ' . count_of(scalar @more, 'more code'),
        tally(\%outcomes), tally(@more ? { claimed => scalar @more } : {}));
}

sub mistyped ($code) {
    my $symbols = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    substr($code, 6, 1) = substr $symbols, (index($symbols, substr $code, 6, 1) + 1) % 32, 1;
    return $code;
}

sub ten_at_once ($self) {
    heading("6. $tills tills at once");
    my ($shop, $template) = ($self->{shop}, $self->{template}{'5.00 off'});
    my $balance = $shop->balance($self->{member});
    $self->{deducted} = $balance - $template->{cost};
    my @answers = $shop->redeem_at_once_after_deduction($self->{member}, $self->{deducted}, $template->{id},
        map { "till $_" } 1 .. $tills);
    say_so("$self->{name} has " . with_commas($balance) . " points. A transaction deducts all but $template->{cost}; "
        . "while it is open, $tills connections ask for a coupon of $template->{cost} points. "
        . 'Its COMMIT releases them together:');
    my %outcomes;
    $outcomes{ $_->{outcome} }++ for @answers;
    $self->{spent} += $template->{cost} * ($outcomes{redeemed} // 0);
    promise('exactly one is served: ' . tally(\%outcomes), tally(\%outcomes),
        tally({ redeemed => 1, insufficient_points => $tills - 1 }));
    my $refused = $self->redeem($self->{member}, $template, 'till once more');
    promise('one more request is refused for lack of points: insufficient_points',
        $refused->{outcome}, 'insufficient_points');
    promise('the balance is zero, not less', $shop->balance($self->{member}), 0);
}

sub other_company ($self, $other) {
    heading('7. Another company, and nobody');
    my $shop = $self->{shop};
    my $rows = join ' + ', map { "(SELECT count(*) FROM rewards.$_)" }
        qw(points_events user_points_cache coupon_templates coupons);
    my $all = $self->{admin}->value("SELECT $rows;");
    promise('shop_app sees all ' . with_commas($all) . ' rows in the context of the company',
        $shop->row("SELECT $rows"), $all);
    promise('and none in the context of another one', $other->row("SELECT $rows"), 0);
    promise('whose counter cannot claim the birthday coffee: not_redeemable',
        $other->claim($self->{birthday}{coupon_code}, 'elsewhere')->{outcome}, 'not_redeemable');
    promise('and cannot redeem what is not its own: template_not_found',
        $other->redeem($self->{member}, $self->{template}{'5.00 off'}{id}, 'elsewhere')->{outcome},
        'template_not_found');
    my $typed = lc $self->{birthday}{coupon_code} =~ tr/-/ /r;
    promise('the right counter can, in small letters and with blanks',
        $shop->claim($typed, 'counter 1')->{outcome}, 'claimed');
    promise('without a context there is no row', $shop->{session}->value("SELECT $rows;"), 0);
    promise('and no call: SQLSTATE 28000',
        $shop->{session}->sqlstate("SELECT rewards.award_points('$self->{member}', 1);"), '28000');
    promise('nor does shop_app write tables itself: SQLSTATE 42501',
        $shop->{session}->sqlstate('DELETE FROM rewards.points_events;'), '42501');
}

# Of all accounts, as a superuser sees them: what the events sum to, by SQL that is not the extension's.
sub compare_books ($self, $from_file) {
    heading('8. The books');
    my ($row) = $self->{admin}->rows(<<'SQL');
        WITH ledger AS (
            SELECT user_id, company_id, sum(points_delta) AS points
              FROM rewards.points_events WHERE validation_status = 'validated' GROUP BY user_id, company_id)
        SELECT count(*), count(*) FILTER (WHERE available_points IS DISTINCT FROM coalesce(points, 0)),
               sum(available_points)
          FROM rewards.user_points_cache FULL JOIN ledger USING (user_id, company_id);
SQL
    my ($accounts, $wrong, $available) = @$row;
    promise('the balance of each of ' . with_commas($accounts) . ' accounts is what its events sum to', $wrong, 0);
    my $books = sprintf '%s from the file + %s bonus - %s deducted - %s redeemed', map { with_commas($_) }
        $from_file, $bonus, $self->{deducted}, $self->{spent};
    promise("together $books = " . with_commas($available), $available,
        $from_file + $bonus - $self->{deducted} - $self->{spent});
    my ($coupons) = $self->{admin}->rows("SELECT count(*), count(*) FILTER (WHERE status = 'redeemed'),
        count(plaintext_code), sum(issued_points_cost) FROM rewards.coupons;");
    my $outcomes = Shop::outcomes('redeem_coupon');
    promise('coupons, claims and costs are as many as were answered, and no code is stored',
        "@$coupons", "$outcomes->{redeemed} " . Shop::outcomes('claim_coupon')->{claimed} . " 0 $self->{spent}");
    return "$books = " . with_commas($available);
}

1;
