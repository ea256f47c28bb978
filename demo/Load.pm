# A file of activity becomes points: one for each whole unit of amount.
package Load;
use v5.36;
use Activity;
use POSIX qw(ceil);
use Report qw(count_of say_so with_commas);
use Shop;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $batch_size = 1_000;
my $most_reports = 20;

# Into shop.activity. Gives what the file holds, as this script counts it, for comparison with what the server does:
# lines, malformed, below_one, points (in all) and points_of (each member).
sub stage ($shop, $file, $report) {
    my $activity = Activity->open_file($file);
    $report->('the column is ignored: ' . Activity::quoted($_)) for $activity->ignored_columns;
    my %held = (lines => 0, malformed => 0, below_one => 0, points => 0, points_of => {});
    $shop->{session}->rows('CREATE TEMPORARY TABLE IF NOT EXISTS incoming
        (line bigint, member text, event_type text, event_time timestamptz, amount numeric); TRUNCATE incoming;');
    $shop->{session}->copy('incoming', sub {
        while (my $line = $activity->next_line) {
            if ($line->{reason}) {
                $held{malformed}++;
                $report->("line $line->{number} is left out: $line->{reason}") if $held{malformed} <= $most_reports;
                next;
            }
            $held{lines}++;
            $held{below_one}++ if $line->{points} == 0;
            $held{points} += $line->{points};
            $held{points_of}{ $line->{member} } += $line->{points};
            return [@$line{qw(number member event_type event_time amount)}];
        }
        return;
    });
    my $more = $held{malformed} - $most_reports;
    $report->('and so are ' . count_of($more, 'more line')) if $more > 0;
    position_and_key($shop);
    return \%held;
}

# The key says what happened, and which of equal events it was, not where in the file: two equal purchases are two, a
# file that is loaded again changes nothing, and one that has grown brings only what is new.
sub position_and_key ($shop) {
    $shop->{session}->rows(<<"SQL");
        TRUNCATE shop.activity;
        INSERT INTO shop.activity
        SELECT row_number() OVER (ORDER BY line), member, rewards.uuidv5('$shop->{company}', member),
               event_type, event_time, trim_scale(amount),
               format('%s %s %s #%s',
                      event_type, to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                      trim_scale(amount),
                      row_number() OVER (PARTITION BY member, event_type, event_time, amount ORDER BY line))
          FROM incoming;
        ANALYZE shop.activity;
SQL
}

# Awards what is in shop.activity, each batch in a transaction. Gives how many calls had which outcome, and the seconds.
sub award ($shop, $lines) {
    my (%outcomes, $done);
    my $batches = ceil($lines / $batch_size);
    my $start = now();
    for my $batch (1 .. $batches) {
        my ($first, $last) = (($batch - 1) * $batch_size + 1, $batch * $batch_size);
        for ($shop->rows(<<"SQL")) {
            SELECT CASE WHEN awarded.replayed THEN 'replayed' ELSE awarded.outcome END, count(*)
              FROM shop.activity,
                   rewards.award_points(user_id, floor(amount)::bigint, 'amount ' || amount, key, event_type,
                                        event_time) AS awarded
             WHERE position BETWEEN $first AND $last
             GROUP BY 1
SQL
            my ($outcome, $count) = @$_;
            $outcomes{$outcome} += $count;
            Shop::note('award_points', $outcome, $count);
            $done += $count;
        }
        show_progress($done, $lines, now() - $start, $batch, $batches);
    }
    return (\%outcomes, now() - $start);
}

sub now () { return clock_gettime(CLOCK_MONOTONIC) }

# On a terminal a line that is written over; elsewhere, a line for each tenth.
sub show_progress ($done, $lines, $seconds, $batch, $batches) {
    my $on_terminal = -t STDOUT;
    my $is_tenth = int(10 * $batch / $batches) > int(10 * ($batch - 1) / $batches);
    return unless $on_terminal || $is_tenth;
    printf '%s       %10s of %s  %3d %%  %7s events/s%s',
        $on_terminal ? "\r" : '', with_commas($done), with_commas($lines), 100 * $done / $lines,
        with_commas(int($done / $seconds)), $on_terminal && $batch < $batches ? ' ' : "\n";
}

1;
