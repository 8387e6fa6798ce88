# pgmend: one Makefile, no recursion.
#
#   make demo      see a pipeline break and heal in a throwaway PostgreSQL
#   make check     every test; the last line counts them
#   make bench     the figures of the README
#   make bench-claude   and those of a heal by Claude
#   make bench-policy   and those of policies
#   make bench-statement   and those of one DDL statement
#   make bench-replay   and those of many records
#   make bench-facts   and those of facts, among 2,000 tables
#   make exact     COUNT=10000 random records replayed as psql inserts them
#   make roundtrip   100,000 generated statements read as they are rendered
#   make kill      a heal killed, cut off or left without its server, at some
#                  700 points; FACTOR=2 for more of them, or of
#                  SCENARIOS="column herd" alone
#   make herd      RUNS=200 heals of one drift at once
#   make interop   with other people's software, which npm installs
#   make neighbours   what other servers of MCP let through that pgmend refuses
#   make bench-mcp   pgmend as a server of MCP beside the official SDKs
#   make fuzz      hostile bytes for every parser; SECONDS=60 for each, or
#                  for TARGETS="json wire" alone
#   make lint      the house rules
#   make install   DESTDIR= PREFIX=/usr/local
#
# SANITIZE=address,undefined builds into its own folder. WERROR=1 in CI.

CC ?= gcc
PREFIX ?= /usr/local
SANITIZE ?=
comma := ,
BUILD ?= build$(if $(SANITIZE),-$(subst $(comma),-,$(SANITIZE)))

LIBEXECDIR = $(PREFIX)/libexec/pgmend
DATADIR = $(PREFIX)/share/pgmend
MANDIR = $(PREFIX)/share/man
UNITDIR = $(PREFIX)/lib/systemd/system

PACKAGES = gcc make pkg-config libseccomp-dev libcap-dev libcjson-dev \
	libpq-dev libpg-query-dev libprotobuf-c-dev libssl-dev \
	libcurl4-openssl-dev \
	postgresql openssl openssh-client tzdata mandoc \
	python3 python3-cryptography python3-psycopg2 bubblewrap binutils

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all demo check bench bench-claude bench-facts bench-mcp bench-policy \
	bench-replay bench-statement exact roundtrip kill herd interop \
	neighbours fuzz install lint clean dependencies

all: dependencies
	@$(MAKE) --no-print-directory programs

# --- Packages ---------------------------------------------------------------
# Installed when root (or by sudo without a password), else named in one line.

dependencies:
	@tests/dependencies $(PACKAGES)

# --- Flags ------------------------------------------------------------------

probe = $(shell echo 'int main(void){return 0;}' | \
	$(CC) $(1) -Werror -x c -o /dev/null - >/dev/null 2>&1 && echo '$(1)')

CPPFLAGS += -I. -I$(BUILD) -D_GNU_SOURCE \
	-DPGMEND_LIBEXECDIR='"$(LIBEXECDIR)"' -DPGMEND_DATADIR='"$(DATADIR)"'
CFLAGS ?= -O2 -g
CFLAGS += -std=gnu17 -fPIE -fvisibility=hidden -Wall -Wextra -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 -Wno-unused-parameter
LDFLAGS += -pie -Wl,--as-needed -Wl,-z,relro,-z,now \
	-Wl,-z,noexecstack,-z,separate-code
ifdef WERROR
CFLAGS += -Werror
endif

HARDENING := $(call probe,-fstack-protector-strong) \
	$(call probe,-fstack-clash-protection) \
	$(call probe,-fcf-protection=full) \
	$(call probe,-ftrivial-auto-var-init=zero) \
	$(call probe,-fstrict-flex-arrays=3)
ifeq ($(SANITIZE),)
CFLAGS += $(HARDENING)
CPPFLAGS += -D_FORTIFY_SOURCE=3
WORKER_CFLAGS = $(CFLAGS)
WORKER_LDFLAGS = $(LDFLAGS)
else
# AddressSanitizer's runtime needs maps that the jail forbids, so the jailed
# program itself carries trapping UBSan only; its modules run under the full
# sanitizers in the unit tests.
WORKER_CFLAGS := $(CFLAGS) $(HARDENING) -fsanitize=undefined \
	-fsanitize-undefined-trap-on-error
WORKER_LDFLAGS := $(LDFLAGS)
CFLAGS += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
LDFLAGS += -fsanitize=$(SANITIZE)
endif

# The libraries of each program; tests/e2e/test_links.py proves that nothing
# else is linked.
PQ_CFLAGS = -I/usr/include/postgresql
SUPERVISOR_LIBS = -lpq -lpg_query -lcjson -lseccomp -lcap -lcrypto
AGENT_LIBS = -lcjson
COURIER_LIBS = $(COURIER_CURL) -lssl -lcrypto

CPPFLAGS += $(PQ_CFLAGS)

# --- Sources ----------------------------------------------------------------

sources = $(wildcard $(1)/*.c)
sources_sql = $(wildcard $(1)/*.sql)
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))

SANDBOX = $(call objects,$(call sources,sandbox))
POLICY = $(call objects,$(call sources,policy))
SUPERVISOR = $(call objects,$(filter-out supervisor/main.c,\
	$(call sources,supervisor)))
AGENT = $(call objects,$(filter-out agent/main.c agent/courier%,\
	$(call sources,agent)))
# What runs in the jail is compiled once more, for the jail.
DOOR = $(addprefix sandbox/,json.c json_scan.c json_string.c utf8.c wire.c \
	post.c seal.c confine.c landlock.c)
jailed = $(patsubst %.c,$(BUILD)/worker/%.o,$(1) $(DOOR))
WORKER = $(call jailed,$(filter-out agent/courier%,$(call sources,agent)))
COURIER = $(call jailed,$(filter-out agent/courier_absent.c,\
	$(wildcard agent/courier*.c)))
# libcurl's archive, without the libraries that it would bring along; where it
# wants others than Debian's does, the shared one with all of them.
ABSENT = $(BUILD)/worker/agent/courier_absent.o
WHOLE_CURL = $(ABSENT) -l:libcurl.a
COURIER_CURL = $(shell echo 'int curl_easy_perform(void *);' \
	'int main(void) { return curl_easy_perform(0); }' | \
	$(CC) -x c - -x none -o /dev/null $(WHOLE_CURL) -lssl -lcrypto \
	>/dev/null 2>&1 && echo '$(WHOLE_CURL)' || echo -lcurl)
ifneq ($(SANITIZE),)
SANITIZER = $(BUILD)/tests/sanitizer.o
endif

UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/*/test_*.c))
ADVERSARIES = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/adversary/*.c))
FAULTY = $(BUILD)/tests/faulty/supervisor
BENCHES = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c \
	tests/bench/peer/*.c))

.PHONY: programs tests always
# A checkout made with umask 002 is open to its group: no policy may be.
programs: $(BUILD)/pgmend $(BUILD)/pgmend-agent $(BUILD)/pgmend-courier
	@find policies -name '*.policy' -perm /022 -exec chmod go-w {} +
tests: $(UNIT_TESTS) $(ADVERSARIES) $(FAULTY) $(BENCHES)

$(BUILD)/pgmend: $(BUILD)/supervisor/main.o $(BUILD)/libsupervisor.a \
		$(BUILD)/libpolicy.a $(BUILD)/libsandbox.a $(SANITIZER)
	$(CC) $(LDFLAGS) -o $@ $^ $(SUPERVISOR_LIBS)

$(BUILD)/pgmend-agent: $(WORKER)
	$(CC) $(WORKER_LDFLAGS) -o $@ $^ $(AGENT_LIBS)

$(BUILD)/pgmend-courier: $(COURIER) $(ABSENT)
	$(CC) $(WORKER_LDFLAGS) -o $@ $(COURIER) $(COURIER_LIBS)

$(BUILD)/libsandbox.a: $(SANDBOX)
$(BUILD)/libpolicy.a: $(POLICY)
$(BUILD)/libsupervisor.a: $(SUPERVISOR)
$(BUILD)/libagent.a: $(AGENT)
$(BUILD)/%.a:
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/worker/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(WORKER_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Two files know where things are installed: another PREFIX compiles them anew.
$(BUILD)/prefix: always
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@
$(BUILD)/supervisor/shared_file.o $(BUILD)/supervisor/worker.o: $(BUILD)/prefix

# supervisor/NAME.sql becomes the C string NAME_sql in NAME_sql.h.
$(BUILD)/%_sql.h: supervisor/%.sql
	@mkdir -p $(@D)
	@{ echo 'static const char $*_sql[] ='; \
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $<; \
	echo ';'; } > $@
# The same for supervisor/NAME.txt.
$(BUILD)/%_txt.h: supervisor/%.txt
	@mkdir -p $(@D)
	@{ echo 'static const char $*_txt[] ='; \
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&\\n"/' $<; \
	echo ';'; } > $@
SQL_HEADERS = $(patsubst supervisor/%.txt,$(BUILD)/%_txt.h,\
	$(wildcard supervisor/*.txt)) $(patsubst supervisor/%.sql,$(BUILD)/%_sql.h,\
	$(call sources_sql,supervisor))
$(SUPERVISOR): | $(SQL_HEADERS)

# --- Tests ------------------------------------------------------------------
# tests/FOLDER/test_*.c is linked with what FOLDER may know.

$(BUILD)/tests/sandbox/%: $(BUILD)/tests/sandbox/%.o $(BUILD)/libsandbox.a
	$(CC) $(LDFLAGS) -o $@ $^ -lseccomp -lcap
$(BUILD)/tests/policy/%: $(BUILD)/tests/policy/%.o $(BUILD)/libpolicy.a
	$(CC) $(LDFLAGS) -o $@ $^ -lpg_query -lcrypto
$(BUILD)/tests/agent/%: $(BUILD)/tests/agent/%.o $(BUILD)/libagent.a \
		$(BUILD)/libsandbox.a
	$(CC) $(LDFLAGS) -o $@ $^ -lcjson
$(BUILD)/tests/supervisor/%: $(BUILD)/tests/supervisor/%.o \
		$(BUILD)/libsupervisor.a $(BUILD)/libpolicy.a \
		$(BUILD)/libsandbox.a
	$(CC) $(LDFLAGS) -o $@ $^ $(SUPERVISOR_LIBS)
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libsandbox.a
	$(CC) $(LDFLAGS) -o $@ $^ -lseccomp -lcap
$(BUILD)/tests/bench/policy $(BUILD)/tests/bench/statement: \
		$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o \
		$(BUILD)/libpolicy.a
	$(CC) $(LDFLAGS) -o $@ $^ -lpg_query -lcrypto
# What a heal by Claude is measured with and against.
$(BUILD)/tests/bench/peer/%: $(BUILD)/tests/bench/peer/%.o
	$(CC) $(LDFLAGS) -o $@ $^ -lcurl -lssl -lcrypto -pthread
# Scripted and hostile workers, put in the place of pgmend-agent.
$(BUILD)/tests/adversary/%: $(BUILD)/worker/tests/adversary/%.o \
		$(patsubst %.c,$(BUILD)/worker/%.o,$(DOOR))
	@mkdir -p $(@D)
	$(CC) $(WORKER_LDFLAGS) -o $@ $^ $(AGENT_LIBS)

# pgmend, with other objects in the place of three of its own.
$(FAULTY): $(BUILD)/supervisor/main.o $(BUILD)/tests/faulty/supervisor.o \
		$(BUILD)/libsupervisor.a $(BUILD)/libpolicy.a \
		$(BUILD)/libsandbox.a $(SANITIZER)
	$(CC) $(LDFLAGS) -o $@ $^ $(SUPERVISOR_LIBS)

check: dependencies
	@$(MAKE) --no-print-directory programs tests
	@tests/check $(BUILD)

demo: dependencies
	@$(MAKE) --no-print-directory -s programs
	@python3 tests/demo.py $(BUILD) $(DEMO_FLAGS)

bench: dependencies
	@$(MAKE) --no-print-directory -s programs tests
	@python3 tests/bench.py $(BUILD)

bench-policy: dependencies
	@$(MAKE) --no-print-directory -s $(BUILD)/tests/bench/policy
	@$(BUILD)/tests/bench/policy policies/*.policy

bench-statement: dependencies
	@$(MAKE) --no-print-directory -s $(BUILD)/tests/bench/statement
	@python3 tests/statements.py | $(BUILD)/tests/bench/statement

STATEMENTS ?= 100000

roundtrip: dependencies
	@$(MAKE) --no-print-directory -s $(BUILD)/tests/policy/test_generated
	@python3 tests/statements.py | \
		$(BUILD)/tests/policy/test_generated $(STATEMENTS)

# What npm installs stays in the build folder; no other target needs it.
INTEROP = build/interop

interop: dependencies
	@$(MAKE) --no-print-directory -s programs
	@tests/interop/install $(INTEROP)
	@tests/check $(BUILD) $(wildcard tests/interop/test_*.py)

bench-claude: dependencies
	@$(MAKE) --no-print-directory -s programs tests
	@tests/interop/install $(INTEROP)
	@python3 tests/bench_claude.py $(BUILD)

NEIGHBOURS = build/neighbours

neighbours: dependencies
	@$(MAKE) --no-print-directory -s programs
	@tests/neighbours/install $(NEIGHBOURS)
	@python3 tests/neighbours/compare.py $(BUILD)

bench-mcp: dependencies
	@$(MAKE) --no-print-directory -s programs
	@tests/interop/install $(INTEROP)
	@python3 tests/bench_mcp.py $(BUILD)

# The peer is the system's own, which belongs to the system's Python.
bench-replay: dependencies
	@$(MAKE) --no-print-directory -s programs
	@/usr/bin/python3 tests/bench_replay.py $(BUILD)

COUNT ?= 10000
SEED ?= 1

exact: dependencies
	@$(MAKE) --no-print-directory -s programs
	@python3 tests/exact.py $(BUILD) $(COUNT) $(SEED)

bench-facts: dependencies
	@$(MAKE) --no-print-directory -s programs
	@python3 tests/bench_facts.py $(BUILD)

FACTOR ?= 1

kill: dependencies
	@$(MAKE) --no-print-directory -s programs
	@python3 tests/kill.py $(BUILD) $(FACTOR) $(SCENARIOS)

RUNS ?= 200

herd: dependencies
	@$(MAKE) --no-print-directory -s programs tests
	@python3 tests/e2e/test_herd.py $(BUILD) $(RUNS)

# clang brings the fuzzer along, so this is the one target that needs it.
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))
FUZZ_BUILD = build-fuzz
SECONDS ?= 60

.PHONY: fuzzers
fuzzers: $(FUZZERS)
$(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libsupervisor.a \
		$(BUILD)/libpolicy.a $(BUILD)/libsandbox.a
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(SUPERVISOR_LIBS)
# Two are about the agent.
$(BUILD)/tests/fuzz/events $(BUILD)/tests/fuzz/claude: $(BUILD)/tests/fuzz/%: \
		$(BUILD)/tests/fuzz/%.o $(BUILD)/libagent.a \
		$(BUILD)/libsandbox.a
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(AGENT_LIBS)

fuzz:
	@tests/dependencies $(PACKAGES) clang libclang-rt-dev
	@$(MAKE) --no-print-directory -s CC=clang BUILD=$(FUZZ_BUILD) \
		SANITIZE=fuzzer-no-link,address,undefined fuzzers
	@python3 tests/fuzz/run.py $(FUZZ_BUILD) $(SECONDS) $(TARGETS)

lint:
	@python3 tests/lint.py

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR) \
		$(DESTDIR)$(DATADIR)/policies/editors $(DESTDIR)$(UNITDIR) \
		$(DESTDIR)$(MANDIR)/man5
	install -m 0755 $(BUILD)/pgmend $(DESTDIR)$(PREFIX)/bin/
	install -m 0755 $(BUILD)/pgmend-agent $(BUILD)/pgmend-courier \
		$(DESTDIR)$(LIBEXECDIR)/
	install -m 0644 policies/*.policy policies/prices.conf \
		$(DESTDIR)$(DATADIR)/policies/
	install -m 0644 policies/editors/* $(DESTDIR)$(DATADIR)/policies/editors/
	install -m 0644 policies/pgmend-policy.5 $(DESTDIR)$(MANDIR)/man5/
	sed 's,@PREFIX@,$(PREFIX),' supervisor/pgmend@.service \
		> $(DESTDIR)$(UNITDIR)/pgmend@.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/pgmend@.service

clean:
	rm -rf build build-*

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
