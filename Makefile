# pg_rewards with PGXS: make && make install && make installcheck, with any PG_CONFIG, in this folder or out of it
# (make -C BUILD -f /path/to/Makefile). WERROR= lets a newer compiler warn. ./dev is the front door for developers.

SRC := $(patsubst %/,%,$(dir $(firstword $(MAKEFILE_LIST))))
EXTENSION_NAME := pg_rewards

# META.json is the one source of the version. PGXN wants it there twice; a release that changed one only stops here.
EXTVERSION := $(sort $(shell sed -n -e 's/^  "version": *"\([^"]*\)".*/\1/p' \
	-e '/"provides"/,/^  }/s/^ *"version": *"\([^"]*\)".*/\1/p' $(SRC)/META.json))
ifneq ($(words $(EXTVERSION)),1)
$(error META.json: expected one version, the same at the top and in "provides", and found: $(EXTVERSION))
endif

objects = $(patsubst $(SRC)/%.cpp,%.o,$(sort $(wildcard $(SRC)/src/$(1)/*.cpp)))
CORE_OBJS := $(call objects,core)
PG_OBJS := $(call objects,pg)
SQL_FUNCTIONS := $(sort $(wildcard $(SRC)/sql/functions/*.sql))
SQL_SCHEMA := $(sort $(wildcard $(SRC)/sql/schema/*.sql))
INSTALL_SQL := $(EXTENSION_NAME)--$(EXTVERSION).sql

# What is released is in sql/upgrade, and frozen. The script from the last release to this version is made anew.
RELEASES := $(shell ls $(SRC)/sql/upgrade 2>/dev/null | sed -n 's/^$(EXTENSION_NAME)--\([0-9.]*\)\.sql$$/\1/p' | sort -V)
LAST_RELEASE := $(lastword $(filter-out $(EXTVERSION),$(RELEASES)))
UPGRADE_SQL := $(LAST_RELEASE:%=$(EXTENSION_NAME)--%--$(EXTVERSION).sql)
# Statements that go before the functions: what is gone, what CREATE OR REPLACE refuses to change.
SINCE_RELEASE := $(wildcard $(SRC)/sql/since-$(LAST_RELEASE).sql)
ifneq ($(filter-out $(SINCE_RELEASE),$(wildcard $(SRC)/sql/since-*.sql)),)
$(error remove $(filter-out $(SINCE_RELEASE),$(wildcard $(SRC)/sql/since-*.sql)): the last release is $(LAST_RELEASE), and has it frozen)
endif

# Not EXTENSION = pg_rewards: PGXS would look for the control file in the source folder, and ours is generated.
MODULEDIR = extension
MODULE_big = $(EXTENSION_NAME)
OBJS = $(CORE_OBJS) $(PG_OBJS)
DATA_built = $(EXTENSION_NAME).control $(INSTALL_SQL) $(UPGRADE_SQL)
DATA = $(patsubst $(SRC)/%,%,$(filter-out $(DATA_built:%=$(SRC)/sql/upgrade/%),$(wildcard $(SRC)/sql/upgrade/*.sql)))
EXTRA_CLEAN = $(OBJS:.o=.d) $(INSTALL_SQL).part $(UPGRADE_SQL:=.part)

# The number prefix of the files is the order in which they run. One database for all of them; C collation, because
# the expected order of rows must not depend on the cluster that a packager tests on.
REGRESS = $(patsubst $(SRC)/test/sql/%.sql,%,$(sort $(wildcard $(SRC)/test/sql/*.sql)))
ISOLATION = $(patsubst $(SRC)/test/specs/%.spec,%,$(sort $(wildcard $(SRC)/test/specs/*.spec)))
REGRESS_OPTS = --inputdir=$(SRC)/test $(EXPECTED_OPTS) --encoding=UTF8 --no-locale
ISOLATION_OPTS = --inputdir=$(SRC)/test $(EXPECTED_OPTS) --encoding=UTF8 --no-locale
# Up to 15 expected/ is looked for in the input folder (hence the link test/expected), later in the current one.
EXPECTED_OPTS = $(if $(filter-out 15,$(MAJORVERSION)),--expecteddir=$(SRC))

WERROR ?= -Werror
PG_CXXFLAGS = -std=c++20 -O2 -Wall -Wextra -Wshadow $(WERROR) \
	-fvisibility=hidden -fvisibility-inlines-hidden
# For dev.d/sanitize.sh and dev.d/coverage.sh: make SANITIZE=1 or COVERAGE=1, each in a build folder of its own. Debian's flags
# let signed numbers wrap around, which would hide overflows, and replace memcpy and others with some that are not watched.
INSTRUMENT = $(if $(SANITIZE),-O1 -fsanitize=address -fsanitize=undefined -fno-wrapv -fno-omit-frame-pointer -U_FORTIFY_SOURCE) \
	$(if $(COVERAGE),-O0 --coverage -fprofile-update=atomic -U_FORTIFY_SOURCE)
# gcc links what PGXS builds, so the C++ library has to be named.
SHLIB_LINK = -lcrypto -lstdc++ $(INSTRUMENT)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(PGXS),)
$(error $(PG_CONFIG) does not answer: install postgresql-server-dev-NN, or say make PG_CONFIG=/path/to/pg_config)
endif
# clang's bitcode step ignores PG_CXXFLAGS, and C++20 does not compile without them.
override with_llvm = no
include $(PGXS)
# The rules below say where their sources are. A search path would find objects that somebody built in the source
# folder, too, and take them for those of this build.
srcdir := $(SRC)
override VPATH :=

# Two worlds: the core never sees the server's headers, and the shell sees them as system headers, whose macros do
# not warn. PGDLLEXPORT is empty up to version 15.
SERVER_INCLUDES = $(addprefix -I,$(includedir_server) $(includedir_internal))
CORE_CPPFLAGS = -I$(SRC)/src $(filter-out $(SERVER_INCLUDES),$(CPPFLAGS))
PG_CPPFLAGS_ONLY = -I$(SRC)/src -isystem $(includedir_server) $(CPPFLAGS) \
	-DPGDLLEXPORT='__attribute__((visibility("default")))'

# -MD, not -MMD: a new minor release of the server, whose headers count as system headers here, must rebuild too.
$(CORE_OBJS): %.o: $(SRC)/%.cpp $(SRC)/Makefile
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(CORE_CPPFLAGS) $(INSTRUMENT) -MD -MP -c -o $@ $<
$(PG_OBJS): %.o: $(SRC)/%.cpp $(SRC)/Makefile
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(PG_CPPFLAGS_ONLY) $(INSTRUMENT) -MD -MP -c -o $@ $<
-include $(OBJS:.o=.d)

# Mistakes for the sanitizers to find, in a library with the name that they look for.
planted/$(shlib): $(SRC)/test/sanitize/planted.cpp $(SRC)/Makefile
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(PG_CPPFLAGS_ONLY) -w -shared -o $@ $< $(INSTRUMENT)

# The folders are prerequisites because a file that was taken away must lead to a new result as well.
$(shlib): $(wildcard $(SRC)/src/core $(SRC)/src/pg)

$(EXTENSION_NAME).control: $(SRC)/pg_rewards.control.in $(SRC)/META.json $(SRC)/Makefile
	sed 's/@VERSION@/$(EXTVERSION)/' $< >$@

# Code in the order of its numbers. The tables become the body of rewards.install(), at the line "-- @schema@"; what has
# come since a version, and all comments, become that of rewards.migrate().
define assemble
$$0 == "-- @schema@" { schema++; for (i = 1; i <= lines; i++) print line[i]; next }
$$0 == "-- @steps@" { steps++
	for (v = 2; v <= newest; v++) if (v in since) printf "    IF found_version < %d THEN\n%s    END IF;\n", v, since[v]
	next }
$$0 == "-- @comments@" { comments++; printf "%s", comment; next }
{ print }
BEGIN {
	while (("cat /dev/null $(SQL_SCHEMA)" | getline text) > 0) {
		line[++lines] = text
		if (text ~ /^-- @end@$$/) version = 0
		if (version) since[version] = since[version] text "\n"
		if (text ~ /^-- @since [0-9]+@$$/) { version = text; gsub(/[^0-9]/, "", version); version += 0; if (version > newest) newest = version }
		if (text ~ /^COMMENT ON /) is_comment = 1
		if (is_comment) comment = comment text "\n"
		if (text ~ /;$$/) is_comment = 0
	}
	if (version) { print "sql/schema: -- @since N@ without -- @end@" > "/dev/stderr"; exit 1 }
}
END { if (schema != 1 || steps != 1 || comments != 1) {
	print "sql/functions: expected one line each of -- @schema@, -- @steps@ and -- @comments@" > "/dev/stderr"; exit 1 } }
endef
export assemble
$(INSTALL_SQL): $(wildcard $(SRC)/sql/extension.sql) $(SQL_FUNCTIONS) $(SQL_SCHEMA) \
		$(SRC)/META.json $(SRC)/Makefile $(wildcard $(SRC)/sql/functions $(SRC)/sql/schema)
	printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION_NAME)" to load this file. \quit' >$@.part
	awk "$$assemble" $(wildcard $(SRC)/sql/extension.sql) $(SQL_FUNCTIONS) >>$@.part
	mv $@.part $@

# All functions once more, in the place of those that are there, under the grants that they have.
ifneq ($(UPGRADE_SQL),)
$(UPGRADE_SQL): $(INSTALL_SQL) $(SINCE_RELEASE) $(SRC)/Makefile $(wildcard $(SRC)/sql)
	printf '%s\n' '\echo Use "ALTER EXTENSION $(EXTENSION_NAME) UPDATE" to load this file. \quit' >$@.part
	awk 'FILENAME == "$(INSTALL_SQL)" && FNR == 1 || /^CREATE SCHEMA / { next } \
	/^CREATE (FUNCTION|AGGREGATE) / { sub(/^CREATE/, "CREATE OR REPLACE") } \
	/^CREATE TYPE / { printf "DO $$type$$\nBEGIN\nIF NOT EXISTS (SELECT FROM pg_depend WHERE deptype = \047e\047" \
		" AND classid = \047pg_type\047::regclass AND objid = to_regtype(\047%s\047)) THEN\n", $$3; is_type = 1 } \
	{ print } \
	is_type && /;$$/ { print "END IF;\nEND\n$$type$$;"; is_type = 0 }' $(SINCE_RELEASE) $(INSTALL_SQL) >>$@.part
	mv $@.part $@
endif

# A release: this version's scripts and its books, on a running server that has it installed (./dev freeze).
.PHONY: freeze
freeze: all
	SRC='$(SRC)' VERSION='$(EXTVERSION)' PATH='$(bindir)':"$$PATH" bash $(SRC)/test/upgrade/freeze.sh $(INSTALL_SQL) $(UPGRADE_SQL)

# The proof of the two worlds, on the objects that were just built; and the proof that the proof can fail.
PROOF_ARGUMENTS = --src '$(SRC)' --library '$(shlib)' --sql '$(INSTALL_SQL)' --server-include '$(includedir_server)' \
	--core '$(CORE_OBJS)' --pg '$(PG_OBJS)' --regress '$(REGRESS)' --isolation '$(ISOLATION)' \
	--pgtap '$(PGTAP_TESTS)' --tap '$(TAP_SCRIPTS)' --upgrade '$(UPGRADE_SQL)'
.PHONY: proof proof-of-proof installcheck-pgtap installcheck-tap
proof: all
	perl $(SRC)/test/proof/two_worlds.pl $(PROOF_ARGUMENTS)
proof-of-proof: all
	perl $(SRC)/test/proof/planted.pl --src '$(SRC)' --build '$(CURDIR)' --make '$(MAKE)' --pg-config '$(PG_CONFIG)' \
		--server-include '$(includedir_server)'

# What PGXS's installcheck does not run: pgTAP in a database of its own, and tests that start their own servers.
PGTAP_TESTS = $(sort $(wildcard $(SRC)/test/pgtap/*.sql))
TAP_SCRIPTS = $(sort $(wildcard $(SRC)/test/tap/*.pl))
PGTAP_DATABASE = pgtap_regression
PROVE_TESTS = $(abspath $(TAP_SCRIPTS))
PG_PROVE ?= pg_prove
installcheck-pgtap:
	$(if $(PGTAP_TESTS),,$(error there are no tests in $(SRC)/test/pgtap))
	'$(bindir)/dropdb' --if-exists $(PGTAP_DATABASE)
	'$(bindir)/createdb' --template=template0 --encoding=UTF8 --locale=C $(PGTAP_DATABASE)
	'$(bindir)/psql' --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname $(PGTAP_DATABASE) \
		--command 'CREATE EXTENSION pgtap' --command 'CREATE EXTENSION $(EXTENSION_NAME)'
	PATH='$(bindir)':"$$PATH" $(PG_PROVE) --dbname $(PGTAP_DATABASE) $(PGTAP_TESTS)
installcheck-tap:
	$(if $(TAP_SCRIPTS),,$(error there are no tests in $(SRC)/test/tap))
	$(if $(filter yes,$(enable_tap_tests)),,$(error this server was built without --enable-tap-tests))
	$(prove_installcheck)
