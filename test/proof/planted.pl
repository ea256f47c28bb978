# Can the proof of the two worlds fail? Plants one violation of each kind in a copy of the tree and wants to see
# exactly the right check go red, for the right reason. Run by "make proof-of-proof"; never touches the tree itself.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Find;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Getopt::Long;

my %option;
GetOptions(\%option, 'src=s', 'build=s', 'make=s', 'pg-config=s', 'server-include=s')
    or die "planted.pl: run it through \"make proof-of-proof\"\n";
my $server_include = abs_path($option{'server-include'});

# The names of the checks, as two_worlds.pl prints them; "build" is the compiler's own refusal.
my %check = (
    tables => 'src/pg objects have no exception table',
    statics => 'no object has a static constructor',
    exports => 'the library exports entry points and nothing else',
    functions => 'every C function named in SQL is exported',
    releases => 'what is released stays as it was',
    compiled => 'the core was compiled without server headers',
    included => 'src/core includes neither server headers nor src/pg',
    door => 'server headers enter src/pg through postgres.hpp only',
    words => 'src/pg does not try, throw or catch',
    scheduled => 'every test is scheduled',
    expected => 'every expected output belongs to a test, and every test has one',
);

my $unreleased = '99.0.0';
my $door = qq(#include "pg/postgres.hpp"\n);
my $entry_point = qq(extern "C" {\nPGDLLEXPORT Datum planted(PG_FUNCTION_ARGS);\n)
    . qq(Datum planted(PG_FUNCTION_ARGS) { PG_RETURN_DATUM(PG_GETARG_DATUM(0)); }\n}\n);
my $in_sql = qq(CREATE FUNCTION rewards.planted(integer) RETURNS integer LANGUAGE c AS 'MODULE_PATHNAME');

# what it is, the files it consists of, the checks that must go red, what must be said, arguments for make
my @plants = (
    ['nothing', {}, [], qr/ passed, 0 failed$/m],
    ['words in comments and messages that only look like exceptions',
        { 'src/pg/planted.cpp' => $door . qq(// try to catch it\nnamespace rewards::pg {\n)
            . qq(void planted(int) { ereport(NOTICE, errmsg("try again, or /* throw")); }\n}\n) },
        [], qr/ passed, 0 failed$/m],
    ['a string that owns memory next to ereport',
        { 'src/pg/planted.cpp' => qq(#include <string>\n$door) . qq(namespace rewards::pg {\nvoid planted(const char* text) )
            . qq({ std::string copy(text); ereport(NOTICE, errmsg("%s", copy.c_str())); }\n}\n) },
        ['tables'], qr{^#   src/pg/planted\.o has \.gcc_except_table}m],
    ['try and catch in src/pg',
        { 'src/pg/planted.cpp' => $door . qq(namespace rewards::pg {\nvoid planted(void (*call)()) )
            . qq({\n    try { call(); } catch (...) { pg_unreachable(); }\n}\n}\n) },
        ['tables', 'words'], qr{^#   src/pg/planted\.cpp:4 says try\n#   src/pg/planted\.cpp:4 says catch}m],
    ['throw in src/pg',
        { 'src/pg/planted.cpp' => $door . qq(namespace rewards::pg {\nint planted(int x) { if (x) throw x; return 0; }\n}\n) },
        ['words'], qr{^#   src/pg/planted\.cpp:3 says throw}m],
    ['a static constructor in src/pg',
        { 'src/pg/planted.cpp' => $door . qq(namespace rewards::pg {\nauto planted = MyStartTime;\n}\n) },
        ['statics'], qr{^#   src/pg/planted\.o has \.init_array}m],
    ['a static constructor in the core',
        { 'src/core/planted.cpp' => qq(#include <ctime>\nnamespace rewards {\nstd::time_t planted = std::time(nullptr);\n}\n) },
        ['statics'], qr{^#   src/core/planted\.o has \.init_array}m],
    ['an export that is no entry point', { 'src/pg/planted.cpp' => $door . $entry_point },
        ['exports'], qr/^#   pg_rewards\.so exports planted, which no SQL names/m],
    ['an SQL function without its C function', { 'sql/functions/99_planted.sql' => "$in_sql, 'planted';\n" },
        ['functions'], qr/^#   SQL names planted, and planted is not exported/m],
    ['an SQL function whose C function has no PG_FUNCTION_INFO_V1',
        { 'src/pg/planted.cpp' => $door . $entry_point, 'sql/functions/99_planted.sql' => "$in_sql,\n    'planted';\n" },
        ['functions'], qr/^#   SQL names planted, and pg_finfo_planted is not exported/m],
    ['an SQL function that leaves the C name to chance', { 'sql/functions/99_planted.sql' => "$in_sql;\n" },
        ['functions'], qr/^#   a function says AS 'MODULE_PATHNAME' without naming its C symbol/m],
    ['a release whose C function is gone', { 'sql/upgrade/pg_rewards--0.0.1.sql' => "$in_sql, 'planted';\n" },
        ['functions', 'releases'], qr/^#   SQL names planted, .*^#   sql\/upgrade\/pg_rewards--0\.0\.1\.sql is not in/ms],
    ['a release that is not what make builds of its version', { "sql/upgrade/pg_rewards--$unreleased.sql" => "-- 99\n" },
        ['releases'], qr/^#   pg_rewards--\Q$unreleased\E\.sql is released, and sql\/ has changed since/m],
    ['books of a release that nobody listed', { 'test/upgrade/0.0.1/books.sql' => '' },
        ['releases'], qr{^#   test/upgrade/0\.0\.1/books\.sql is not in sql/upgrade/SHA256SUMS}m],
    ['postgres.h in the core', { 'src/core/planted.cpp' => qq(#include "postgres.h"\n) },
        ['build'], qr/postgres\.h: No such file or directory/],
    ['a server header in the core, by its full path',
        { 'src/core/planted.cpp' => qq(#include "$server_include/pg_config_manual.h"\n) },
        ['compiled', 'included'], qr{^#   src/core/planted\.o was made with .*/pg_config_manual\.h, a server header}m],
    ['a server header in a core header that nothing compiles', { 'src/core/planted.hpp' => qq(#include <utils/elog.h>\n) },
        ['included'], qr{^#   src/core/planted\.hpp includes utils/elog\.h, a server header}m],
    ['a part of src/pg in the core',
        { 'src/pg/planted.hpp' => "#pragma once\n", 'src/core/planted.cpp' => qq(#include "../pg/planted.hpp"\n) },
        ['compiled', 'included'], qr{^#   src/core/planted\.o was made with .*/src/pg/planted\.hpp, a part of src/pg}m],
    ['a second door to the server', { 'src/pg/planted.cpp' => $door . qq(#include "utils/elog.h"\n) },
        ['door'], qr{^#   src/pg/planted\.cpp includes utils/elog\.h: server headers come through}m],
    ['a regression test without its expected output', { 'test/sql/99_planted.sql' => "SELECT 1;\n" },
        ['expected'], qr/^#   test 99_planted has no expected/m],
    ['an isolation test without its expected output', { 'test/specs/planted.spec' => "session s\nstep a { SELECT 1; }\n" },
        ['expected'], qr/^#   test planted has no expected/m],
    ['an expected output without a test', { 'expected/planted.out' => '' },
        ['expected'], qr/^#   expected\/planted\.out belongs to no test/m],
    ['one name for two tests', { 'test/sql/planted.sql' => '', 'test/specs/planted.spec' => '', 'expected/planted.out' => '' },
        ['expected'], qr/^#   planted is a name in test\/sql and in test\/specs/m],
    ['tests that no list has', { 'test/sql/planted.sql' => '', 'test/specs/planted.spec' => '' },
        ['scheduled'], qr/^#   test\/sql\/planted\.sql is not scheduled.*\n#   test\/specs\/planted\.spec is not scheduled/m,
        ['REGRESS=$(filter-out planted,$(patsubst $(SRC)/test/sql/%.sql,%,$(sort $(wildcard $(SRC)/test/sql/*.sql))))',
         'ISOLATION=$(filter-out planted,$(patsubst $(SRC)/test/specs/%.spec,%,$(wildcard $(SRC)/test/specs/*.spec)))']],
    ['tests with endings that no runner picks up',
        { 'test/tap/planted.t' => '', 'test/pgtap/deeper/planted.sql' => '', 'test/specs/planted.sql' => '',
          'test/unit/planted.cpp' => '' },
        ['scheduled'], qr/specs\/planted\.sql is.*\n.*pgtap\/deeper\/planted\.sql is.*\n.*tap\/planted\.t is.*\n.*unit\/planted\.cpp is/],
);

# The copies, with their times: make then builds only what a plant brings along.
my $work = tempdir('pg_rewards_proof_XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($tree, $build) = ("$work/tree", "$work/build");

sub run { system(@_) == 0 or die "@_ failed\n"; return; }

sub copy_tree {
    my @parts = grep { -e "$option{src}/$_" }
        qw(Makefile META.json pg_rewards.control.in src sql expected test/expected test/proof test/upgrade test/sql test/specs
        test/pgtap test/tap test/unit test/fuzz);
    make_path($tree, $build);
    run('tar', '--create', '--file', "$work/tree.tar", '--directory', $option{src}, '--exclude=*.[od]', @parts);
    run('tar', '--extract', '--file', "$work/tree.tar", '--directory', $tree);
    # A version that is not released, as what is planted changes its SQL.
    run('sed', '-E', '-i', qq(s/^(  |      )"version": "[^"]*"/\\1"version": "$unreleased"/), "$tree/META.json");
    my @built;
    find({ no_chdir => 1, wanted => sub { push @built, $_ if /\.[od]$/ } }, grep { -d } "$option{build}/src");
    run('cp', '--preserve=timestamps', '--parents', (map { s{^\Q$option{build}\E/}{}r } @built), $build);
    return;
}

# Removing a file leaves no trace that make could see for sql/ and test/; objects go with their source.
sub plant {
    my ($files) = @_;
    for my $name (keys %$files) {
        die "$name exists: choose another name for the plant\n" if -e "$tree/$name";
        make_path(dirname("$tree/$name"));
        open my $out, '>', "$tree/$name" or die "cannot write $tree/$name: $!\n";
        print $out $files->{$name};
        close $out or die "cannot write $tree/$name: $!\n";
    }
    return;
}

sub uproot {
    my ($files) = @_;
    unlink map { "$tree/$_" } keys %$files;
    unlink map { my $object = "$build/$_"; ($object =~ s/\.cpp$/.o/r, $object =~ s/\.cpp$/.d/r) } grep { /\.cpp$/ } keys %$files;
    return;
}

sub proof {
    my @make = (split(' ', $option{make}), '--silent', '--no-print-directory', '-C', $build, '-f', "$tree/Makefile",
        "PG_CONFIG=$option{'pg-config'}", @_, 'proof');
    # The jobserver and the settings of the make that runs us are not for this one.
    local %ENV = map { $_ => $ENV{$_} } grep { !/^(?:MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES)$/ } keys %ENV;
    $ENV{LC_ALL} = 'C';
    my $pid = open(my $pipe, '-|') // die "cannot fork: $!\n";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT or die;
        exec @make or die "cannot run make: $!\n";
    }
    my $output = do { local $/; <$pipe> } // '';
    close $pipe;
    return ($? >> 8, $output);
}

# Nothing, or what is wrong with the verdict.
sub misjudged {
    my ($status, $output, $wanted, $reason) = @_;
    my %name_of = reverse %check;
    my @red = map { $name_of{$_} // $_ } $output =~ /^not ok \d+ - (.*)$/mg;
    @red = ('build') if $status && $output !~ / passed, \d+ failed$/m;
    return "exit status is $status" if !@$wanted != !$status;
    return 'red is (' . join(', ', @red) . '), and not (' . join(', ', @$wanted) . ')' if "@red" ne "@$wanted";
    return $output =~ $reason ? () : "the reason $reason is not given";
}

my ($passed, $failed) = (0, 0);
copy_tree();
# The second look at the untouched copy shows that nothing stays behind.
for (@plants, $plants[0]) {
    my ($what, $files, $wanted, $reason, $arguments) = @$_;
    plant($files);
    my ($status, $output) = proof(@{ $arguments // [] });
    uproot($files);
    my @wrong = misjudged($status, $output, $wanted, $reason);
    @wrong ? $failed++ : $passed++;
    printf "%s %d - %s: %s\n", @wrong ? 'not ok' : 'ok', $passed + $failed, $what, join(', ', @$wanted) || 'green';
    print "#   $_\n" for @wrong, @wrong ? split /\n/, $output : ();
    # A tree that is red by itself would drown every plant.
    last if @wrong && !%$files;
}

print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
