"""What the finished programs are linked with, how they are hardened, and what
`make install` puts where.
"""

import os
import re
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import BUILD, ROOT, Skip, equal, holds, main, test  # noqa: E402

PROGRAMS = ["pgmend", "pgmend-agent", "pgmend-courier"]
LIBC = {"libc", "ld-linux"}
SUPERVISOR = {"libpq", "libpg_query", "libcjson", "libseccomp", "libcap",
              "libcrypto"}
AGENT = {"libcjson"}
COURIER = {"libssl", "libcrypto"}
# What a sanitizer may bring along, into pgmend only.
RUNTIMES = {"libasan", "libubsan", "libtsan", "libm", "libgcc_s", "libpthread",
            "librt", "libdl", "libresolv"}


def output(*command):
    done = subprocess.run(command, text=True, capture_output=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    return done.stdout


def readelf(option, name):
    return output("readelf", "-W", option, os.path.join(BUILD, name))


def libraries(name):
    """libpq.so.5 and ld-linux-x86-64.so.2 as libpq and ld-linux."""
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", readelf("-d", name))
    return {re.sub(r"(-x86-64|-aarch64)?\.so.*", "", one) for one in needed}


def is_sanitized():
    return "__asan_init" in readelf("--dyn-syms", "pgmend") or \
        bool(libraries("pgmend") & {"libasan", "libubsan"})


def symbols(*command):
    """Names of symbols that others can be linked with."""
    return {line.split()[-1].split("@")[0]
            for line in output("nm", *command).splitlines()
            if len(line.split()) > 2 and line.split()[-2] in "TDBRVW"}


def library_path(name):
    found = re.search(rf"{name}\.so\S* => (/\S+)",
                      output("ldd", os.path.join(BUILD, "pgmend")))
    if not found:
        raise Skip(f"{name} as a shared library")
    return found.group(1)


def own_symbols():
    archives = [os.path.join(BUILD, f"lib{name}.a")
                for name in ("supervisor", "policy", "sandbox")]
    return symbols("--defined-only", "--extern-only",
                   os.path.join(BUILD, "supervisor", "main.o"), *archives)


# --- Libraries --------------------------------------------------------------

@test
def pgmend_links_its_six_libraries_and_libc():
    allowed = SUPERVISOR | LIBC | (RUNTIMES if is_sanitized() else set())
    found = libraries("pgmend")
    equal(found - allowed, set(), "too many")
    equal(SUPERVISOR - found, set(), "missing")


@test
def the_agent_links_cjson_and_libc_only():
    found = libraries("pgmend-agent")
    equal(found - AGENT - LIBC, set(), "too many")
    equal(AGENT - found, set(), "missing")


def courier_libraries():
    found = libraries("pgmend-courier")
    if "libcurl" in found:
        raise Skip("libcurl as an archive that wants no other libraries than"
                   " Debian's does")
    return found


@test
def the_courier_links_openssl_and_libc_only():
    found = courier_libraries()
    equal(found - COURIER - LIBC, set(), "too many")
    equal(COURIER - found, set(), "missing")


@test
def what_the_courier_never_speaks_is_not_in_it():
    """Whatever libcurl wants of these libraries is one trap, but for what it
    asks of them at its start or when a peer compresses unasked."""
    courier_libraries()
    names = symbols(os.path.join(BUILD, "worker/agent/courier_absent.o"),
                    "--defined-only", "--extern-only")
    places = {name: place for place, _, name in map(str.split, output(
        "nm", os.path.join(BUILD, "pgmend-courier"),
        "--defined-only").splitlines())}
    trapped = {name for name in names if places[name] == places["trap"]}
    holds(len(trapped) > 100, trapped)
    equal(names - trapped,
          {"libssh2_init", "zlibVersion", "inflateInit_", "inflateInit2_",
           "BrotliDecoderCreateInstance", "ZSTD_createDStream",
           "GSS_C_NT_HOSTBASED_SERVICE"})


@test
def only_the_courier_holds_an_http_client():
    for name in PROGRAMS:
        path = os.path.join(BUILD, name)
        equal(any("curl" in one for one in libraries(name)) or
              "curl_easy_perform" in symbols(path, "--defined-only"),
              name == "pgmend-courier", name)


@test
def pgmend_exports_no_symbol_that_a_library_could_pick_up():
    exported = symbols("-D", "--defined-only", os.path.join(BUILD, "pgmend"))
    equal(exported & own_symbols(), set())


@test
def no_function_has_the_name_of_one_of_a_library():
    own = own_symbols()
    for library in sorted(SUPERVISOR):
        theirs = symbols("-D", "--defined-only", library_path(library))
        equal(own & theirs, set(), library)


# --- Hardening --------------------------------------------------------------

@test
def programs_are_position_independent():
    for name in PROGRAMS:
        holds(re.search(r"Type:\s+DYN", readelf("-h", name)), name)
        holds(re.search(r"FLAGS_1\).*\bPIE\b", readelf("-d", name)), name)


@test
def programs_are_bound_before_they_start_and_then_read_only():
    for name in PROGRAMS:
        holds("GNU_RELRO" in readelf("-l", name), name)
        holds(re.search(r"\(FLAGS_1\).*\bNOW\b", readelf("-d", name)), name)


@test
def no_segment_is_both_writable_and_executable():
    for name in PROGRAMS:
        headers = readelf("-l", name)
        stack = re.search(r"GNU_STACK.*", headers)
        holds(stack and not re.search(r"\bR?WE\b", stack.group()), name)
        holds(not re.search(r"LOAD.*\bRWE\b", headers), name)


@test
def no_program_searches_libraries_in_folders_of_its_own():
    for name in PROGRAMS:
        holds(not re.search(r"\((RPATH|RUNPATH|TEXTREL)\)",
                            readelf("-d", name)), name)


@test
def workers_have_stack_protectors():
    for name in ("pgmend-agent", "pgmend-courier"):
        holds("__stack_chk_fail" in readelf("--dyn-syms", name), name)


@test
def the_courier_answers_for_addresses_itself():
    own = symbols("-D", "--defined-only", os.path.join(BUILD,
                                                       "pgmend-courier"))
    equal({"getpeername", "getsockname"} - own, set())


# --- Installing -------------------------------------------------------------

def install(folder):
    """What is there already is installed: nothing is built, whatever the flags
    of the make that runs this test."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "-C", ROOT, "-o", "all", "install", f"BUILD={BUILD}",
         f"DESTDIR={folder}", "PREFIX=/usr"], env=environment, text=True,
        capture_output=True, timeout=60)
    equal(done.returncode, 0, done.stderr)


def tree(folder):
    """Path and mode of every file."""
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            found[os.path.relpath(path, folder)] = \
                oct(stat.S_IMODE(os.lstat(path).st_mode))
    return found


@test
def install_puts_programs_and_policies_in_their_folders():
    with tempfile.TemporaryDirectory(prefix="pgmend-install-") as folder:
        install(folder)
        found = tree(folder)
        policies = {path for path in found
                    if path.startswith("usr/share/pgmend/policies/")}
        holds("usr/share/pgmend/policies/default.policy" in policies, found)
        equal({path: found[path] for path in policies},
              {path: "0o644" for path in policies})
        equal({path: found[path] for path in found.keys() - policies},
              {"usr/bin/pgmend": "0o755",
               "usr/lib/systemd/system/pgmend@.service": "0o644",
               "usr/libexec/pgmend/pgmend-agent": "0o755",
               "usr/libexec/pgmend/pgmend-courier": "0o755",
               "usr/share/man/man5/pgmend-policy.5": "0o644"})


main()
