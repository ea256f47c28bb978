# What SQL that somebody else wrote can do in the shop's database, once it has its company: scenes with a table of the
# shop's own.
package Isolation;
use v5.36;
use Report qw(count_of heading promise say_so);
use Session;

# shop_reports stands for whatever runs SQL that the back end did not write.
sub begin ($class, $admin, $shop, $other) {
    my $reports = Session->start(user => 'shop_reports', database => $shop->{database});
    return bless { admin => $admin, shop => $shop, other => $other, reports => $reports }, $class;
}

sub own_table ($self) {
    heading('11. A table of the shop itself');
    my @statements = $self->{admin}->rows("SELECT * FROM rewards.enable_tenant_rls('shop.orders', audit => true);");
    say_so('enable_tenant_rls(shop.orders) ran ' . count_of(scalar @statements, 'statement'));
    $_->rows("INSERT INTO shop.orders (item) VALUES ('cup'), ('cup'), ('mug')") for $self->@{qw(shop other)};
    my ($own) = $self->{shop}->row('SELECT count(*) FROM shop.orders');
    my $all = $self->{admin}->value('SELECT count(*) FROM shop.orders;');
    promise("two companies order alike: $all orders, of which each sees its own", $own, 3);
    promise('a superuser without the context of a company adds none', $self->{admin}->sqlstate(
        "INSERT INTO shop.orders (company_id, item) VALUES ('$self->{other}{company}', 'cup');"), '42501');
    my @attempts = $self->{admin}->rows("SELECT line FROM rewards.assert_tenant_isolation('shop.orders') AS line
        WHERE line ~ '^(not )?ok';");
    promise('assert_tenant_isolation(shop.orders) tries to cross in ' . scalar @attempts . ' ways, and none leads across',
        scalar(grep { $_->[0] =~ /^not / } @attempts), 0);
    my @findings = $self->{admin}->rows("SELECT object, finding FROM rewards.tenant_doctor() WHERE severity = 'error';");
    promise('tenant_doctor() finds no error', join(', ', map { "@$_" } @findings), '');
}

sub injected_sql ($self) {
    heading('12. SQL that was injected');
    my $company = $self->{shop}{company};
    my ($token) = $self->{shop}->row("SELECT rewards.issue_company_token('$company', 'weekly report', 'service')");
    my $enter = "BEGIN; SELECT rewards.set_company_context_token('$token');";
    my $count = 'SELECT count(*) FROM shop.orders;';
    promise('a report sees no order at first', $self->{reports}->value($count), 0);
    promise('with a token, signed for one company, it sees the orders of that one',
        ($self->{reports}->rows("$enter $count COMMIT;"))[-1][0], 3);
    for (
        ['the token with one symbol changed', "BEGIN; SELECT rewards.set_company_context_token('"
            . ($token =~ s/(.)\z/$1 eq 'A' ? 'B' : 'A'/er) . "');", '28000'],
        ['set_company_context(), for the other company', "BEGIN; SELECT rewards.set_company_context('$self->{other}{company}');", '42501'],
        ['set_config() in the middle of a query', "$enter SELECT count(*) FROM shop.orders
            WHERE set_config('rewards.context', '$self->{other}{company} admin me', true) <> '';", '42501'],
        ['SET ROLE', "$enter SET ROLE shop_reports;", '42501'],
        ['an order for the other company', "$enter INSERT INTO shop.orders (company_id, item)
            VALUES ('$self->{other}{company}', 'cup');", '42501'],
        ['a cursor left for the next client', "$enter DECLARE kept CURSOR WITH HOLD FOR SELECT * FROM shop.orders;", '55000'],
      ) {
        my ($what, $statements, $state) = @$_;
        promise("refused: $what", $self->{reports}->sqlstate($statements), $state);
        $self->{reports}->rows('ROLLBACK;');
    }
}

1;
