# Reads a CSV file of member activity, and trusts nothing in it.
#
#   member,event_type,event_time,amount
#   ada@example.com,purchase,2026-01-31T09:30:00+01:00,12.50
#
# The first line names the columns, in any order; other columns are ignored. One record a line, in UTF-8, with or
# without a byte order mark, ending in LF or CRLF; quotes as in RFC 4180; blanks around a field are not part of it.
# event_time is a date or a date with a time, in UTC unless it names its zone. amount is a plain decimal number.
# A line that cannot be used says why and costs no other line.
package Activity;
use v5.36;
use Encode qw(decode encode FB_CROAK LEAVE_SRC);

my @columns = qw(member event_type event_time amount);
my $longest_line = 20_000;         # bytes
my $longest_member = 255;          # bytes
my $longest_event_type = 100;      # bytes, as in rewards.award_points()
my $highest_amount = 1_000_000_000;

# Dies with a message that says what to do, unless the file has a header that can be used.
sub open_file ($class, $file) {
    die "$file is a folder; name a CSV file\n" if -d $file;
    open my $lines, '<:raw', $file or die "cannot read $file: $!\n";
    my $self = bless { lines => $lines, number => 0 }, $class;
    my $header = $self->next_text // die "$file is empty; its first line has to be\n  @{[join ',', @columns]}\n";
    eval { $self->read_header($header); 1 } or die "line $self->{number} of $file is not a header: $@"
        . "It has to name these columns, separated by commas, in any order:\n  @{[join ',', @columns]}\n";
    return $self;
}

sub read_header ($self, $header) {
    die "the file is in UTF-16; save it as UTF-8\n" if $header =~ /\A(?:\xff\xfe|\xfe\xff)/;
    my @names = map { lc } split_line($header =~ s/\A\xef\xbb\xbf//r);
    for my $column (@columns) {
        my @at = grep { $names[$_] eq $column } 0 .. $#names;
        die 'it is ' . quoted($header) . ", without a column $column\n" if @at == 0;
        die "it has the column $column twice\n" if @at > 1;
        $self->{at}{$column} = $at[0];
    }
    $self->{field_count} = @names;
    $self->{ignored} = [grep { !exists $self->{at}{$_} } @names];
}

sub ignored_columns ($self) { return @{ $self->{ignored} } }

# The next line that is not blank, as { number, member, event_type, event_time, amount, points }, or as
# { number, reason } when it cannot be used; undef at the end.
sub next_line ($self) {
    my $text = $self->next_text // return;
    my $line = eval { $self->read_line($text) } // { reason => $@ =~ s/\n\z//r };
    $line->{number} = $self->{number};
    return $line;
}

sub next_text ($self) {
    while (defined(my $text = readline $self->{lines})) {
        $self->{number}++;
        $text =~ s/\r?\n\z//;
        return $text if $text =~ /\S/;
    }
    return;
}

sub read_line ($self, $text) {
    die 'it has ' . length($text) . " bytes, and $longest_line is the limit\n" if length $text > $longest_line;
    die "it is not UTF-8\n" if $text =~ /[^\x00-\x7f]/ && !eval { decode('UTF-8', $text, FB_CROAK | LEAVE_SRC); 1 };
    my @fields = split_line($text);
    die 'it has ' . @fields . ' field' . (@fields == 1 ? '' : 's') . ", and the header $self->{field_count}\n"
        if @fields != $self->{field_count};
    my ($member, $event_type, $event_time, $amount) = @fields[@{ $self->{at} }{@columns}];
    my ($whole, $fraction) = read_amount($amount);
    return {
        member => read_name('member', $member, $longest_member),
        event_type => read_name('event_type', $event_type, $longest_event_type),
        event_time => read_time($event_time),
        amount => "$whole.$fraction",
        points => 0 + $whole,
    };
}

sub split_line ($text) {
    my @fields;
    do {
        if ($text =~ /\G[ \t]*"((?>[^"]+|"")*)"[ \t]*(?=,|\z)/gc) {
            push @fields, trimmed($1 =~ s/""/"/gr);
        } elsif ($text =~ /\G([^",]*)(?=,|\z)/gc) {
            push @fields, trimmed($1);
        } else {
            die "a quotation mark is not where a field begins or ends\n";
        }
    } while ($text =~ /\G,/gc);
    return @fields;
}

sub read_name ($column, $name, $longest) {
    die "$column is empty\n" if $name eq '';
    die "$column has a control character: " . quoted($name) . "\n" if $name =~ /[\x00-\x1f\x7f]|\xc2[\x80-\x9f]/;
    die "$column has " . length($name) . " bytes, and $longest is the limit\n" if length $name > $longest;
    return $name;
}

sub read_amount ($amount) {
    die "amount is empty\n" if $amount eq '';
    my ($sign, $whole, $fraction) = $amount =~ /\A([-+]?)(?=\.?\d)0*(\d*)(?:\.(\d{0,18}))?\z/
        or die 'amount is not a plain decimal number: ' . quoted($amount) . "\n";
    die "amount is negative: " . quoted($amount) . "\n" if $sign eq '-';
    $whole ||= 0;
    die 'amount is above a billion: ' . quoted($amount) . "\n" if $whole > $highest_amount;
    return ($whole, $fraction || 0);
}

sub read_time ($time) {
    my ($year, $month, $day, $hour, $minute, $second, $fraction, $zone) = $time =~ m{
        \A (\d{4})-(\d\d)-(\d\d)
        (?: [Tt\x20] (\d\d):(\d\d) (?: :(\d\d) (\.\d{1,9})? )? \x20? ( [Zz] | [-+]\d\d (?: :?\d\d )? )? )? \z
    }x or die 'event_time is not like 2026-01-31 or 2026-01-31T09:30:00Z: ' . quoted($time) . "\n";
    die "event_time is not in the years 1900 to 2199: $time\n" if $year < 1900 || $year > 2199;
    die "event_time is a day that does not exist: $time\n" if $day < 1 || $day > days_in($year, $month);
    ($hour, $minute, $second) = map { $_ // '00' } $hour, $minute, $second;
    die "event_time is a time that does not exist: $time\n" if $hour > 23 || $minute > 59 || $second > 59;
    my $offset = offset_of($zone // 'Z') // die "event_time has a zone that does not exist: $time\n";
    return "$year-$month-$day $hour:$minute:$second" . ($fraction // '') . $offset;
}

sub days_in ($year, $month) {
    my $is_leap_year = $year % 4 == 0 && ($year % 100 != 0 || $year % 400 == 0);
    my @days = (0, 31, $is_leap_year ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
    return $days[$month] // 0;
}

sub offset_of ($zone) {
    return '+00:00' if lc $zone eq 'z';
    my ($sign, $hours, $minutes) = $zone =~ /\A([-+])(\d\d):?(\d\d)?\z/;
    $minutes //= '00';
    return if $hours > 14 || $minutes > 59;
    return "$sign$hours:$minutes";
}

sub trimmed ($field) { return $field =~ s/\A[ \t]+|[ \t]+\z//gr }

# For a terminal, which must not obey what a file says.
sub quoted ($text) {
    my $most = 40;
    my $characters = eval { decode('UTF-8', $text, FB_CROAK | LEAVE_SRC) } // $text =~ s/([^\x20-\x7e])/escaped($1)/ger;
    my $start = length $characters > $most ? substr($characters, 0, $most) . '...' : $characters;
    return '"' . encode('UTF-8', $start =~ s/([\p{C}\p{Zl}\p{Zp}])/escaped($1)/ger) . '"';
}

sub escaped ($character) { return sprintf '\\x%02x', ord $character }

1;
