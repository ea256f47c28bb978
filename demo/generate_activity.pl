#!/usr/bin/env perl
# Writes the sample, demo/activity.csv: a coffee shop's first ninety days of 2026, the same on every run.
#
#   demo/generate_activity.pl >demo/activity.csv
use v5.36;

srand 20260101;
my $members = 300;
my $events = 2000;
my $days = 90;

my @given = qw(ada amara anders anna ben björn carmen chidi chloe dana emre eva farid finn grace hana hugo ines
    ivan jun kai lena luís maya milan nadia noor olga omar pia priya ravi rosa sam sofia tariq uma wen yara zoë);
my @family = qw(abara adler bauer brandt costa cruz diaz eriksen farah fischer garcía haddad hansen ito jansen kaya
    khan kim kovács lopez mensah moreau müller nowak o'brien okafor patel petrov qureshi rossi sato schmidt silva
    singh tanaka torres vega weber wolf yilmaz);

# Loyalty is uneven: a few members come every other day, most of them once in two weeks.
my @visitors;
for my $member (new_members()) {
    push @visitors, ($member) x (1 + int(rand 4) + (rand() < 0.08 ? 25 : 0));
}

my (%joined, @lines);
while (@lines < $events) {
    my $member = $visitors[rand @visitors];
    my $day = rand $days;
    my $first = $joined{$member} //= do {
        push @lines, line($member, 'signup', $day, 25);
        $day;
    };
    # What happens afterwards lies between joining and the last day.
    my $later = $first + rand($days - $first);
    push @lines, line($member, event($later));
    push @lines, $lines[-1] if rand() < 0.005;    # the same once more: two coffees, rung up one by one
}
say 'member,event_type,event_time,amount';
say for sort { (split /,/, $a)[2] cmp (split /,/, $b)[2] || $a cmp $b } @lines;

sub new_members () {
    my %seen;
    my @members;
    while (@members < $members) {
        my $name = $given[rand @given] . '.' . $family[rand @family];
        push @members, "$name\@example." . (qw(com net org))[rand 3] unless $seen{$name}++;
    }
    return @members;
}

sub event ($day) {
    my $kind = rand;
    return ('review', $day, 5) if $kind < 0.06;
    return ('referral', $day, 50) if $kind < 0.08;
    return ('purchase', $day, price());
}

# A biscuit, coffees, lunches, and now and then a machine.
sub price () {
    my $kind = rand;
    return 0.30 + rand(0.69) if $kind < 0.04;
    return 2.40 + rand(6) if $kind < 0.64;
    return 9 + rand(20) if $kind < 0.96;
    return 80 + rand(240);
}

sub line ($member, $event_type, $day, $amount) {
    my $second = int($day * 86_400);
    # The shop is open from seven to nineteen.
    my ($date, $time) = (int($second / 86_400), 7 * 3600 + int($second % 86_400 / 2));
    my ($month, $of_month) = $date < 31 ? (1, $date + 1) : $date < 59 ? (2, $date - 30) : (3, $date - 58);
    return sprintf '%s,%s,2026-%02d-%02dT%02d:%02d:%02dZ,%.2f', $member, $event_type, $month, $of_month,
        int($time / 3600), int($time / 60) % 60, $time % 60, $amount;
}
