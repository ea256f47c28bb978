# What must not be found anywhere: the keys of a key file with all that is derived from them, and the codes of coupons. Derived
# here a second time, from RFC 5869 and the layout in src/core, so that codes are known which nobody was shown.
package Secrets;
use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(hmac_sha256);
use Exporter 'import';

our @EXPORT_OK = qw(keys_of codes_of);

my @alphabet = split //, '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
my %info = (
    code => 'pg_rewards coupon code v1',
    tag => 'pg_rewards coupon tag v1',
    layer => 'pg_rewards coupon layer v1',
    token => 'pg_rewards company token v1',
    'vendor key' => 'pg_rewards vendor key v1',
    'vendor tag' => 'pg_rewards vendor tag v1',
);

# All of one block.
sub hkdf {
    my ($secret, $purpose) = @_;
    return hmac_sha256("$purpose\x01", hmac_sha256($secret, "\0" x 32));
}

# The keys of a key file by slot and purpose.
sub keys_of {
    my ($text) = @_;
    my %keys;
    $keys{$1}{legacy} = pack 'H*', $2 while $text =~ /^legacy (\d+) ([0-9a-f]+)$/mg;
    while ($text =~ /^slot (\d+) ([0-9a-f]{64})$/mg) {
        my ($slot, $master) = ($1, pack 'H*', $2);
        $keys{$slot} = { master => $master, map { $_ => hkdf($master, $info{$_}) } keys %info };
    }
    return \%keys;
}

sub times_a { return $_[0] << 1 ^ ($_[0] & 16 ? 37 : 0) }

sub code_of {
    my ($key, $generation, %coupon) = @_;
    my $bits = unpack 'B*', hmac_sha256(pack('H*N', $coupon{id} =~ tr/-//dr, $generation), $key);
    my @values = ($coupon{slot}, $coupon{route}, map { oct '0b' . substr $bits, 5 * $_, 5 } 0 .. $coupon{symbols} - 4);
    my $sum = 0;
    $sum = times_a($sum) ^ $_ for @values;
    return join '', @alphabet[ @values, times_a($sum) ];
}

# The codes of a coupon without hyphens, those of earlier generations last; none if its row was not made with these keys.
sub codes_of {
    my ($keys, %coupon) = @_;
    my $own = $keys->{ $coupon{slot} };
    return if !$own->{code} || !$coupon{symbols};
    my @codes = map { code_of($own->{code}, $_, %coupon) } reverse 0 .. $coupon{generation};
    return if hmac_sha256(pack('H*', $coupon{company} =~ tr/-//dr) . $codes[0], $own->{tag}) ne pack 'H*', $coupon{hash};
    return @codes;
}

1;
