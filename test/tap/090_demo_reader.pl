# Does the demo's reader take every line that it can, and say why it leaves out the others?
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempfile);
use Test::More;

my $demo = dirname(abs_path(__FILE__)) . '/../../demo';
require "$demo/Activity.pm";

my $header = 'member,event_type,event_time,amount';

sub file_with ($content) {
    my ($out, $file) = tempfile(UNLINK => 1);
    binmode $out;
    print $out $content;
    close $out or die "cannot write $file: $!";
    return $file;
}

sub lines_of ($content) {
    my $activity = Activity->open_file(file_with($content));
    my @lines;
    while (my $line = $activity->next_line) { push @lines, $line }
    return @lines;
}

sub shown ($line) {
    return "$line->{number}: $line->{reason}" if exists $line->{reason};
    return join '|', @$line{qw(number member event_type event_time amount points)};
}

sub reads ($name, $content, @expected) { is_deeply([map { shown($_) } lines_of($content)], \@expected, $name) }

sub reason ($record) { return (lines_of("$header\n$record\n"))[0]{reason} // 'none' }

sub refuses_file ($name, $content, $message) {
    eval { Activity->open_file(file_with($content)) };
    like($@, $message, $name);
}

my $good = 'ada,purchase,2026-01-31T09:30:00Z,12.50';
my $read = 'ada|purchase|2026-01-31 09:30:00+00:00|12.50|12';

# The shape of the file

reads('a plain file', "$header\n$good\n", "2|$read");
reads('no line end at the end', "$header\n$good", "2|$read");
reads('CRLF, byte order mark, blank lines', "\xef\xbb\xbf$header\r\n\r\n  \r\n$good\r\n", "4|$read");
reads('columns in another order, with another one', "Amount, note ,event_time,MEMBER,event_type\n"
    . "12.50,x,2026-01-31T09:30:00Z,ada,purchase\n", "2|$read");
reads('quotes', qq($header\n"ada" , "purchase","2026-01-31T09:30:00Z","12.50"\n)
    . qq("Lovelace, ""Ada""",purchase,2026-01-31,5\n),
    "2|$read", '3|Lovelace, "Ada"|purchase|2026-01-31 00:00:00+00:00|5.0|5');
reads('a malformed line costs no other', "$header\n$good\n\\.\n\"ada,purchase\n$good\n", "2|$read",
    '3: it has 1 field, and the header 4', '4: a quotation mark is not where a field begins or ends', "5|$read");
reads('what a database would take for more than text', "$header\n\\N,O'Neill; --,2026-01-31,1\n",
    "2|\\N|O'Neill; --|2026-01-31 00:00:00+00:00|1.0|1");
reads('a member in UTF-8', "$header\nzo\xc3\xab,purchase,2026-01-31,1\n",
    "2|zo\xc3\xab|purchase|2026-01-31 00:00:00+00:00|1.0|1");

refuses_file('an empty file', '', qr/is empty; its first line has to be\n  \Q$header\E/);
refuses_file('a file without a header', "$good\n", qr/line 1 .* without a column member\n.*\n  \Q$header\E/);
refuses_file('semicolons', $header =~ tr/,/;/r, qr/separated by commas/);
refuses_file('a column twice', "$header,Member\n", qr/the column member twice/);
refuses_file('UTF-16', "\xff\xfem\0e\0", qr/UTF-16; save it as UTF-8/);
eval { Activity->open_file($demo) };
like($@, qr/is a folder/, 'a folder');
eval { Activity->open_file("$demo/missing.csv") };
like($@, qr/cannot read .*missing\.csv/, 'a file that is not there');

# Fields

my %reason_for = (
    'ada,purchase,2026-01-31' => qr/has 3 fields, and the header 4/,
    "$good,1" => qr/has 5 fields, and the header 4/,
    ',,,' => qr/^amount is empty/,
    ',purchase,2026-01-31,1' => qr/^member is empty/,
    '" ",purchase,2026-01-31,1' => qr/^member is empty/,
    'ada,,2026-01-31,1' => qr/^event_type is empty/,
    "a\0da,purchase,2026-01-31,1" => qr/^member has a control character: "a\\x00da"/,
    "\e[31mada,purchase,2026-01-31,1" => qr/^member has a control character: "\\x1b\[31mada"/,
    "\xc2\x9b31mada,purchase,2026-01-31,1" => qr/^member has a control character: "\\x9b31mada"/,
    "\xffada,purchase,2026-01-31,1" => qr/not UTF-8/,
    "\xed\xa0\x80,purchase,2026-01-31,1" => qr/not UTF-8/,
    'a' x 256 . ',purchase,2026-01-31,1' => qr/^member has 256 bytes, and 255 is the limit/,
    'ada,' . 'p' x 101 . ',2026-01-31,1' => qr/^event_type has 101 bytes, and 100 is the limit/,
    'a' x 30_000 . ',purchase,2026-01-31,1' => qr/has 30\d+ bytes, and 20000 is the limit/,
    '""' x 9_000 . ',purchase,2026-01-31,1' => qr/^a quotation mark|^member/,
);
like(reason($_), $reason_for{$_}, 'malformed: ' . Activity::quoted($_)) for sort keys %reason_for;
is(reason('a' x 255 . ',' . 'p' x 100 . ',2026-01-31,1'), 'none', 'the longest member and event type');

# Amounts

my %points = (
    '0' => 0, '0.00' => 0, '0.99' => 0, '.5' => 0, '1' => 1, '1.' => 1, '+1.999' => 1, '007.50' => 7, '12.50' => 12,
    '999999999.99' => 999_999_999, '1000000000' => 1_000_000_000, '1.' . '9' x 18 => 1,
);
for my $amount (sort keys %points) {
    my ($line) = lines_of("$header\nada,purchase,2026-01-31,$amount\n");
    is($line->{points} // $line->{reason}, $points{$amount}, "points for $amount");
}
my @bad_amounts = ('.', '+', '-', '1e3', '0x10', 'NaN', 'Infinity', 'inf', '$5', '5 EUR', '1 000', '"1,000"',
    '"12,50"', '1.2.3', '1.' . '9' x 19, "\xd9\xa1");
like(reason("ada,purchase,2026-01-31,$_"), qr/^amount is not a plain decimal number/, 'amount ' . Activity::quoted($_))
    for @bad_amounts;
like(reason("ada,purchase,2026-01-31,$_"), qr/^amount is negative/, "amount $_") for qw(-1 -0.01 -99999999999999999999);
like(reason("ada,purchase,2026-01-31,$_"), qr/^amount is above a billion/, "amount $_")
    for qw(1000000001 99999999999999999999);
like(reason('ada,purchase,2026-01-31,'), qr/^amount is empty/, 'no amount');

# Times

my %time = (
    '2026-01-31' => '2026-01-31 00:00:00+00:00',
    '2026-01-31T09:30' => '2026-01-31 09:30:00+00:00',
    '2026-01-31 09:30:15' => '2026-01-31 09:30:15+00:00',
    '2026-01-31t09:30:15.250z' => '2026-01-31 09:30:15.250+00:00',
    '2026-01-31T09:30:15+01:00' => '2026-01-31 09:30:15+01:00',
    '2026-01-31T09:30:15-0330' => '2026-01-31 09:30:15-03:30',
    '2026-01-31 09:30:15 +14' => '2026-01-31 09:30:15+14:00',
    '2024-02-29' => '2024-02-29 00:00:00+00:00',
    '2000-02-29' => '2000-02-29 00:00:00+00:00',
);
for my $time (sort keys %time) {
    my ($line) = lines_of("$header\nada,purchase,$time,1\n");
    is($line->{event_time} // $line->{reason}, $time{$time}, "event_time $time");
}
like(reason("ada,purchase,$_,1"), qr/^event_time is a day that does not exist/, "event_time $_")
    for qw(2026-02-30 2026-02-29 1900-02-29 2026-04-31 2026-00-10 2026-13-01 2026-01-00 2026-01-32);
like(reason("ada,purchase,$_,1"), qr/^event_time is a time that does not exist/, "event_time $_")
    for qw(2026-01-31T24:00 2026-01-31T09:60 2026-01-31T09:30:60Z);
like(reason("ada,purchase,$_,1"), qr/^event_time has a zone that does not exist/, "event_time $_")
    for qw(2026-01-31T09:30+15 2026-01-31T09:30-02:60);
like(reason("ada,purchase,$_,1"), qr/^event_time is not in the years/, "event_time $_")
    for qw(0026-01-31 1899-12-31 2200-01-01);
like(reason("ada,purchase,$_,1"), qr/^event_time is not like/, 'event_time ' . Activity::quoted($_))
    for '', '31.01.2026', '2026-1-31', '1769852000', '2026-01-31T09', '2026-01-31Z', '2026-01-31T09:30 CET', 'infinity',
    'now', "2026-01-31\r";

# A terminal is not told what to do

is(Activity::quoted("a\e]0;b\a"), '"a\x1b]0;b\x07"', 'control characters are shown as escapes');
is(Activity::quoted("a\xe2\x80\xaeb"), '"a\x202eb"', 'so is what turns the direction of writing');
is(Activity::quoted("zo\xc3\xab"), "\"zo\xc3\xab\"", 'letters are shown as they are');
is(Activity::quoted("zo\xeb"), '"zo\xeb"', 'bytes that are no letters are not');
is(length Activity::quoted('a' x 1000), 45, 'and little is shown of much');

# The sample

sub content_of ($file) {
    open my $in, '<:raw', $file or die "cannot read $file: $!";
    local $/;
    return scalar readline $in;
}
my $sample = content_of("$demo/activity.csv");
is(scalar(grep { exists $_->{reason} } lines_of($sample)), 0, 'the sample has no malformed line');
ok(qx($^X $demo/generate_activity.pl) eq $sample, 'the sample is what its generator writes');

done_testing();
