# Clients at work while something befalls the server.
package Load;
use v5.36;
use Client;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);
use Worker qw(start_worker count_failures);

my $test = $$;

# node, where they begin; connection, if it is another one; settings of the session; name;
# seconds it will take; clients, how many; the rest goes to Client.
sub start ($class, %is) {
    my ($node, $name, $clients) = (delete @is{qw(node name)}, delete $is{clients} // 8);
    my $self = bless { node => $node, name => $name, folder => $node->basedir, started => time }, $class;
    my $seconds = delete $is{seconds};
    my $connection = (delete $is{connection} // $node->connstr('postgres')) . " user=back_end options='" . (delete $is{settings} // '') . "'";
    my %given = (connection => $connection, stock => $self->open_stock(12 * $seconds), leaflets => [ $self->leaflets(20 * $seconds) ], %is);
    $self->{pids} = [ map { $self->start_client("$name.$_", %given) } 1 .. $clients ];
    return $self;
}

sub start_client ($self, $name, %given) {
    my $client = delete $given{client} // 'Client';
    append_to_file("$self->{folder}/errors.$name", '');
    my $is_abandoned = sub { getppid != $test };
    my $is_over = sub { -e $self->stop_file || $is_abandoned->() };
    return start_worker("$self->{folder}/errors.$name", sub {
        srand($$ ^ time);
        $client->new(%given, name => $name, history => "$self->{folder}/history.$name", errors => "$self->{folder}/errors.$name", is_over => $is_over,
            is_abandoned => $is_abandoned)->run;
    });
}

sub stop_file ($self) { return "$self->{folder}/stop.$self->{name}" }

# How many clients did not come to their end.
sub stop ($self) {
    append_to_file($self->stop_file, '');
    return count_failures(@{ $self->{pids} });
}

# How many lines like that clients have written, into histories or complaints.
sub heard ($self, $like) {
    my $count = 0;
    $count += () = slurp_file($_) =~ /$like/g for glob "$self->{folder}/{history,errors}.$self->{name}.*";
    return $count;
}

# Which calls were refused by which errors, "call SQLSTATE", since this was asked last.
sub new_errors ($self) {
    my %count;
    for my $history (glob "$self->{folder}/history.$self->{name}.*") {
        my $rows = slurp_file($history);
        $count{"$1 $2"}++ while $rows =~ /^(?:[^\t]*\t){3}(\w+)\t.*\trefused\t(?!00000)(\w{5})\t/mg;
    }
    my $before = $self->{errors} // {};
    $self->{errors} = \%count;
    return grep { $count{$_} > ($before->{$_} // 0) } sort keys %count;
}

# Until clients have been told of so many more calls that they are done.
sub wait_for_answers ($self, $more) {
    my $goal = $self->heard(qr/\tok\t/) + $more;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    until ($self->heard(qr/\tok\t/) >= $goal) {
        die 'the clients get no answers' if time > $deadline;
        sleep 0.05;
    }
}

# A template of few coupons, so many of which a member may have.
sub open_stock ($self, $coupons) {
    my $most = int $coupons / 5;
    return $self->{node}->safe_psql('postgres', <<"SQL");
INSERT INTO rewards.coupon_templates (company_id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, max_redemptions_per_user)
    VALUES ('$Client::company', '$self->{name}', 1, 'fixed_amount', 1, $coupons, $most) RETURNING id
SQL
}

sub leaflets ($self, $count) {
    my $rows = $self->{node}->safe_psql('postgres', <<"SQL");
BEGIN;
SELECT FROM rewards.set_company_context('$Client::company');
SELECT batch_id FROM rewards.begin_coupon_batch('$Client::leaflet', $count, '$self->{name}') \\gset
SELECT FROM rewards.issue_coupon_batch(:'batch_id');
SELECT coupon_id, coupon_code FROM rewards.coupon_batch_codes(:'batch_id');
COMMIT;
SQL
    return map { { id => $$_[0], code => $$_[1] } } map { [ split /\|/ ] } grep { /\|/ } split /\n/, $rows;
}

1;
