# A client: a psql that is kept, and gets transactions one statement after the other. What was asked, what was answered
# and whether it was committed go to a file as rows of model.answer, where no rollback and no crash reaches them.
package Session;
use v5.36;
use IPC::Open2 qw(open2);
use Time::HiRes qw(sleep time);

sub new ($class, %is) {
    open my $log, '>', $is{log} or die "$is{log}: $!";
    return bless { %is, log => $log }, $class;
}

sub connect ($self) {
    my ($answers, $requests);
    my $pid = open2($answers, $requests, 'psql', '-XAt', '-v', 'VERBOSITY=verbose', '-d', $self->{connection});
    $requests->autoflush;
    $self->{psql} = { pid => $pid, answers => $answers, requests => $requests };
}

sub disconnect ($self) {
    my $psql = delete $self->{psql} // return;
    close $psql->{requests};
    1 while readline $psql->{answers};
    waitpid $psql->{pid}, 0;
}

# The SQLSTATE and the lines of the answer; nothing when the connection is gone. Then psql ends, or, when that happens
# within a COPY, has no SQLSTATE.
sub ask ($self, $statements) {
    print { $self->{psql}{requests} } "$statements\n\\echo = :SQLSTATE\n";
    my @lines;
    while (defined(my $line = readline $self->{psql}{answers})) {
        chomp $line;
        return $1 ? ($1, @lines) : () if $line =~ /^= ([0-9A-Z]{5})?/;
        push @lines, $line;
    }
    return;
}

# Runs a transaction and logs it. A client whose connection is gone connects anew, when the server is back.
sub transact ($self, $transaction) {
    $self->connect if !$self->{psql};
    my $fate = $self->run($transaction);
    $transaction->{fate} = $fate eq 'committed' && $transaction->{is_lost} ? 'unknown' : $fate;
    $self->log_answers($transaction, time);
    return if !$transaction->{is_cut_off};
    $self->disconnect;
    sleep 0.2;
}

sub run ($self, $transaction) {
    my ($began) = $self->ask($transaction->{begin});
    return cut_off($transaction, 'undone') if !defined $began;
    for my $operation (@{ $transaction->{operations} }) {
        $self->ask('SAVEPOINT before;') if $operation->{savepoint};
        my $is_done = $self->operate($operation) // return cut_off($transaction, 'undone');
        if (!$is_done && !$operation->{savepoint}) {
            $self->ask('ROLLBACK;') or return cut_off($transaction, 'undone');
            return 'undone';
        }
        next if $is_done && !$operation->{is_regretted};
        $operation->{fate} = 'undone';
        $self->ask('ROLLBACK TO before;') or return cut_off($transaction, 'undone');
    }
    $self->ask("SELECT FROM pg_sleep($transaction->{pause});") or return cut_off($transaction, 'undone') if $transaction->{pause};
    my ($ended, @tags) = $self->ask($transaction->{end});
    return cut_off($transaction, $transaction->{end} eq 'COMMIT;' ? 'unknown' : 'undone') if !defined $ended;
    return grep({ $_ eq 'COMMIT' } @tags) ? 'committed' : 'undone';
}

sub cut_off ($transaction, $fate) {
    $transaction->{is_cut_off} = 1;
    return $fate;
}

# Whether it was done; nothing when the connection is gone.
sub operate ($self, $operation) {
    $operation->{asked_at} = time;
    my ($sqlstate, @lines) = $self->ask($operation->{sql}) or return;
    $operation->{answered_at} = time;
    $operation->{sqlstate} = $sqlstate;
    $operation->{answers} = [ grep { /^\{/ } @lines ];
    return $sqlstate eq '00000' ? 1 : 0;
}

# A row for each answer; an operation without one leaves a row, too.
sub log_answers ($self, $transaction, $ended_at) {
    my $number = 0;
    for my $operation (@{ $transaction->{operations} }) {
        $number++;
        my @asked = @{ $operation->{elements} // [ ($operation) x (@{ $operation->{answers} // [] } || 1) ] };
        for my $one (0 .. $#asked) {
            my $answer = $transaction->{is_lost} ? undef : $operation->{answers}[$one];
            my @row = ($transaction->{actor}, $number, $one + 1, $operation->{kind}, $transaction->{company},
                $asked[$one]{user}, $asked[$one]{nonce}, $asked[$one]{request}, $transaction->{level},
                $operation->{fate} // $transaction->{fate},
                (map { moment($_) } $operation->{asked_at}, $operation->{answered_at}, $ended_at), $operation->{sqlstate}, $answer);
            print { $self->{log} } join("\t", map { defined ? s/\\/\\\\/gr : '\N' } @row), "\n";
        }
    }
    $self->{log}->flush;
}

sub moment ($seconds) {
    return undef if !defined $seconds;
    my ($second, $minute, $hour, $day, $month, $year) = gmtime $seconds;
    return sprintf '%04d-%02d-%02d %02d:%02d:%09.6f+00', $year + 1900, $month + 1, $day, $hour, $minute, $second + $seconds - int $seconds;
}

1;
