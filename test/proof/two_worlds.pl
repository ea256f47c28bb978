# Do C++ objects and the server's longjmp ever share a stack, and is every test run by something?
#
# Looks at what was built, not at intentions: the objects, the shared library, the generated SQL and the dependency
# files. Run by "make proof". Each check returns the violations it found; none is the only way to pass, and a check
# that found nothing to look at reports that as a violation, too.
use strict;
use warnings;
use Cwd qw(abs_path);
use Digest::SHA;
use File::Basename qw(basename);
use Getopt::Long;

my %option = map { $_ => '' } qw(src library sql upgrade server-include core pg regress isolation pgtap tap);
GetOptions(map { ("$_=s" => \$option{$_}) } keys %option) or die "two_worlds.pl: run it through \"make proof\"\n";

my $src = $option{src};
my $server_include = abs_path($option{'server-include'}) || die "no server headers in $option{'server-include'}\n";
my @core_objects = split ' ', $option{core};
my @pg_objects = split ' ', $option{pg};

my ($passed, $failed) = (0, 0);

sub check {
    my ($name, @violations) = @_;
    @violations ? $failed++ : $passed++;
    printf "%s %d - %s\n", @violations ? 'not ok' : 'ok', $passed + $failed, $name;
    print "#   $_\n" for @violations;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "cannot read $file: $!\n";
    local $/;
    return scalar <$in>;
}

sub output_of {
    my @command = @_;
    open my $pipe, '-|', @command or die "cannot run $command[0]: $!\n";
    my @lines = <$pipe>;
    close $pipe or die "@command failed\n";
    return @lines;
}

sub relative { my ($file) = @_; $file =~ s{^\Q$src\E/}{}; return $file; }

# Objects

sub sections_named {
    my ($pattern, $meaning, @objects) = @_;
    return 'there are no objects to look at' unless @objects;
    my ($object, %found) = ('');
    for (output_of('objdump', '--section-headers', @objects)) {
        $object = $1 if /^(\S+\.o):/;
        $found{"$object has $1: $meaning"} = 1 if /^\s*\d+\s+($pattern\S*)/;
    }
    return sort keys %found;
}

# The shared library and the SQL

sub exported_symbols {
    return map { (split)[-1] } output_of('nm', '--dynamic', '--defined-only', $option{library});
}

# The C functions that the install and upgrade scripts create: symbol => 1; without a symbol: the text as the key.
sub functions_in_sql {
    my %named;
    for my $file ($option{sql}, glob "$src/sql/upgrade/*.sql") {
        my $text = slurp($file);
        $text =~ s/--[^\n]*//g;
        while ($text =~ /'(?:MODULE_PATHNAME|\$libdir\/pg_rewards)'\s*(?:,\s*'(\w+)')?/g) {
            $named{ defined $1 ? $1 : '' } = 1;
        }
    }
    return %named;
}

sub stray_exports {
    my %entry_point = map { ($_ => 1, "pg_finfo_$_" => 1) } keys %{ { functions_in_sql() } };
    $entry_point{$_} = 1 for qw(Pg_magic_func _PG_init);
    my @exports = exported_symbols();
    my %exported = map { $_ => 1 } @exports;
    return (map({ "$option{library} exports $_, which no SQL names" } grep { !$entry_point{$_} } @exports),
        map { "$option{library} does not export $_" } grep { !$exported{$_} } qw(Pg_magic_func _PG_init));
}

sub missing_exports {
    my %named = functions_in_sql();
    my %exported = map { $_ => 1 } exported_symbols();
    return 'the SQL names no C function' unless %named;
    my @unnamed = delete $named{''} ? 'a function says AS \'MODULE_PATHNAME\' without naming its C symbol' : ();
    return (@unnamed, map { my $name = $_;
        map { "SQL names $name, and $_ is not exported" } grep { !$exported{$_} } $name, "pg_finfo_$name" }
        sort keys %named);
}

# Releases

# Scripts and books of a release: path below the source folder => checksum.
sub checksums {
    my $list = "$src/sql/upgrade/SHA256SUMS";
    return unless -e $list;
    return map { /^([0-9a-f]{64})  (\S+)$/ ? ($2 => $1) : die "$list: not a checksum: $_\n" } split /\n/, slurp($list);
}

# What make builds of a version that is released must be what was released.
sub changed_releases {
    my %sum_of = checksums();
    my @files = grep { -f && basename($_) ne 'SHA256SUMS' } glob "$src/sql/upgrade/* $src/test/upgrade/*.*.*/*";
    my %is_there = map { relative($_) => 1 } @files;
    my @rebuilt = grep { -e "$src/sql/upgrade/" . basename($_) } $option{sql}, split ' ', $option{upgrade};
    return 'there is no release to look at' unless @files;
    return map({ "$_ is frozen, and gone" } grep { !$is_there{$_} } sort keys %sum_of),
        map({ "$_ is not in sql/upgrade/SHA256SUMS" } grep { !$sum_of{$_} } sort keys %is_there),
        map({ "$_ is frozen, and was changed" }
            grep { $sum_of{$_} && Digest::SHA->new(256)->addfile("$src/$_")->hexdigest ne $sum_of{$_} } sort keys %is_there),
        map { basename($_) . ' is released, and sql/ has changed since: META.json needs another version' }
        grep { slurp($_) ne slurp("$src/sql/upgrade/" . basename($_)) } @rebuilt;
}

# Sources

sub sources_of { my ($folder) = @_; return sort grep { -f } glob "$src/src/$folder/*"; }

# A name as a server header only if the server has it: <string.h> is nobody's violation.
sub is_server_header {
    my ($name) = @_;
    return $name =~ m{^/} ? index($name, "$server_include/") == 0 : -e "$server_include/$name";
}

sub includes_of {
    my ($file) = @_;
    return slurp($file) =~ /^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]/mg;
}

sub core_dependencies {
    return 'there are no objects to look at' unless @core_objects;
    my $shell_folder = abs_path("$src/src/pg");
    my @violations;
    for my $object (@core_objects) {
        (my $rule = $object) =~ s/\.o$/.d/;
        my ($prerequisites) = (-e $rule ? slurp($rule) : '') =~ /^\S+\.o:((?:[^\n]*\\\n)*[^\n]*)/;
        my @files = grep { $_ ne '\\' } split ' ', $prerequisites // '';
        my $source = basename($object, '.o') . '.cpp';
        push @violations, "$rule does not tell what $object was made of" unless grep { m{/\Q$source\E$} } @files;
        for my $file (map { abs_path($_) // $_ } @files) {
            push @violations, "$object was made with $file, a server header" if index($file, "$server_include/") == 0;
            push @violations, "$object was made with $file, a part of src/pg" if index($file, "$shell_folder/") == 0;
        }
    }
    return @violations;
}

sub core_includes {
    my @sources = sources_of('core') or return 'there are no sources to look at';
    my @violations;
    for my $file (@sources) {
        for my $name (includes_of($file)) {
            push @violations, relative($file) . " includes $name, a server header" if is_server_header($name);
            push @violations, relative($file) . " includes $name, a part of src/pg" if $name =~ m{(?:^|/)pg/};
        }
    }
    return @violations;
}

sub other_doors {
    my @sources = grep { basename($_) ne 'postgres.hpp' } sources_of('pg') or return 'there are no sources to look at';
    return map { my $file = $_;
        map { relative($file) . " includes $_: server headers come through postgres.hpp only" }
        grep { is_server_header($_) } includes_of($file) } @sources;
}

# Comments and literals become blanks, with their line ends kept for the line numbers. A ' after a digit is a digit
# separator.
sub code_of {
    my ($text) = @_;
    $text =~ s{( R"(\w*)\( .*? \)\2" | "(?:\\.|[^"\\\n])*" | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])*'
               | //[^\n]* | /\*.*?\*/ )}{ (my $blank = $1) =~ tr/\n/ /c; $blank }gsex;
    return $text;
}

sub exception_words {
    my @sources = sources_of('pg') or return 'there are no sources to look at';
    my @violations;
    for my $file (@sources) {
        my $line = 0;
        for (split /\n/, code_of(slurp($file))) {
            $line++;
            push @violations, relative($file) . ":$line says $1" while /\b(try|throw|catch)\b/g;
        }
    }
    return @violations;
}

# Tests

sub files_below {
    my ($folder) = @_;
    return map { -d $_ && !-l $_ ? files_below($_) : $_ } glob "$folder/*";
}

# A file with an ending that no runner picks up is a test that never runs. The parts of the tests NNN_word and NNN_word_more
# are in a folder word.
sub unscheduled {
    my ($folder, $ending, @scheduled) = @_;
    my %scheduled = map { basename($_, $ending) => 1 } @scheduled;
    my %has_parts = map { my $name = s/^\d+_//r; ($name => 1, $name =~ s/_.*//r => 1) } keys %scheduled;
    return map { relative($_) . " is not scheduled: tests in test/$folder/ are called NAME$ending" }
        grep { !(m{^\Q$src\E/test/$folder/([^/]+)\Q$ending\E$} && $scheduled{$1}) }
        grep { !(m{^\Q$src\E/test/$folder/([^/]+)/} && $has_parts{$1}) } files_below("$src/test/$folder");
}

# CMakeLists.txt takes what its patterns match.
sub outside_cmake {
    return (map({ relative($_) . ' is not scheduled: unit tests are called NAME_test.cpp' }
            grep { !/_test\.cpp$/ } glob "$src/test/unit/*.cpp"),
        map { relative($_) . ' is not scheduled: fuzz targets are called NAME_fuzz.cpp' }
        grep { !/_fuzz\.cpp$/ && basename($_) ne 'replay.cpp' } glob "$src/test/fuzz/*.cpp");
}

sub expected_outputs {
    my @regress = split ' ', $option{regress};
    my @isolation = split ' ', $option{isolation};
    my %is_test = map { $_ => 1 } @regress, @isolation;
    my %is_regress = map { $_ => 1 } @regress;
    my $same = (abs_path("$src/test/expected") // '') eq (abs_path("$src/expected") // 'none');
    my @outputs = map { basename($_, '.out') } glob "$src/expected/*.out";
    return ($same ? () : 'test/expected is not a link to ../expected',
        map({ "$_ is a name in test/sql and in test/specs, which share expected/" } grep { $is_regress{$_} } @isolation),
        map({ "test $_ has no expected/$_.out" } grep { !-e "$src/expected/$_.out" } sort keys %is_test),
        map { "expected/$_.out belongs to no test" } grep { !$is_test{$_} && !$is_test{s/_[0-9]$//r} } @outputs);
}

check('src/pg objects have no exception table', sections_named('\.gcc_except_table', 'a frame owns an object', @pg_objects));
check('no object has a static constructor',
    sections_named('\.(?:init_array|ctors)', 'something is constructed at load', @core_objects, @pg_objects));
check('the library exports entry points and nothing else', stray_exports());
check('every C function named in SQL is exported', missing_exports());
check('what is released stays as it was', changed_releases());
check('the core was compiled without server headers', core_dependencies());
check('src/core includes neither server headers nor src/pg', core_includes());
check('server headers enter src/pg through postgres.hpp only', other_doors());
check('src/pg does not try, throw or catch', exception_words());
check('every test is scheduled',
    unscheduled('sql', '.sql', split ' ', $option{regress}), unscheduled('specs', '.spec', split ' ', $option{isolation}),
    unscheduled('pgtap', '.sql', split ' ', $option{pgtap}), unscheduled('tap', '.pl', split ' ', $option{tap}),
    outside_cmake());
check('every expected output belongs to a test, and every test has one', expected_outputs());

print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
