#!/usr/bin/env python3
"""The house rules, checked: one line a finding, then their number.

    tests/lint.py [-v]      -v: the soft rules' lines too, which fail nothing

Layout is clang-format's business. What is read here is C laid out by it: a
function's name and its braces stand at the start of a line, and every level of
nesting is a tab.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDERS = ["supervisor", "sandbox", "policy", "agent", "tests"]
FORMATTER_VERSION = "14"

FILE_LINES = 400
FUNCTION_LINES, FUNCTION_LINES_AIM = 60, 40
PARAMETERS, PARAMETERS_AIM = 6, 5
NESTING = 3
TEXT_COLUMNS = 100

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|strncpy|strtok|atoi|sscanf"
                    r"|system|popen|alloca|gets)\s*\(|\b(goto)\b")
UNFINISHED = re.compile(r"\b(TO[D]O|XX[X]|FIX[M]E)\b")

# Each third-party header is included by one file a side; tests are free.
OWNERS = [
    (r"libpq-fe\.h", {"supervisor/database.c"}),
    (r"pg_query.*", {"policy/tree.c"}),
    (r"seccomp\.h", {"sandbox/filter.c"}),
    (r"sys/capability\.h", {"sandbox/capability.c"}),
    (r"openssl/.*", {"policy/digest.c", "agent/courier_trust.c"}),
    (r"curl/.*", {"agent/courier_http.c"}),
    (r"cjson/.*", {"supervisor/document.c", "agent/mcp.c"}),
]

# What a folder may know of ours, besides pgmend.h.
KNOWS = {
    "sandbox": {"sandbox"},
    "policy": {"policy"},
    "agent": {"agent", "sandbox"},
    "supervisor": {"supervisor", "policy", "sandbox"},
    "tests": set(FOLDERS),
}


class Report:
    """What was found: the hard rules' lines, and the soft ones' by rule."""

    def __init__(self):
        self.findings = []
        self.notes = {}

    def finding(self, path, line, what):
        self.findings.append((path, line, what))

    def note(self, rule, path, line, what):
        self.notes.setdefault(rule, []).append((path, line, what))

    def limit(self, path, line, name, size, unit, most, aim=None):
        """Above `most` is a finding, above `aim` a note."""
        if size > most:
            self.finding(path, line, f"{name}: {size} {unit}, at most {most}")
        elif aim is not None and size > aim:
            self.note(f"over {aim} {unit}", path, line, f"{name}: {size}")


# --- Reading C --------------------------------------------------------------

TOKENS = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
                    r"|//[^\n]*", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def blank(found):
    """The same number of lines and columns, and nothing on them."""
    return re.sub(r"[^\n]", " ", found.group())


def code_of(text):
    """Comments and the insides of strings blanked, lines kept."""
    return TOKENS.sub(
        lambda found: blank(found) if found.group()[0] == "/"
        else found.group()[0] + blank(found)[2:] + found.group()[0], text)


def is_definition(text):
    """Of a function: parameters, then a body."""
    return bool(re.search(r"\)\s*\{\}$", text)) and "=" not in text


def items_of(code):
    """The file's declarations and definitions: (line, text, body). The text has
    {} for what stood in braces; the body is that, its braces included."""
    depth, start, text, body, bodies = 0, None, "", "", ""
    line = 1
    for character in code:
        line += character == "\n"
        if depth == 0 and start is None and not character.isspace():
            start = line
        if character == "{":
            depth += 1
        if depth == 0:
            text += character
        else:
            body += character
        if character == "}":
            depth -= 1
            if depth == 0:
                text, bodies, body = text + "{}", bodies + body, ""
        is_end = character == ";" or \
            character == "}" and is_definition(text)
        if depth == 0 and start and is_end:
            yield start, text.strip(), bodies
            start, text, bodies = None, "", ""


def arguments(text):
    """How many parameters the list at the end of `text` has."""
    inside, depth = "", 0
    for character in reversed(text[:text.rindex(")")]):
        depth += (character == ")") - (character == "(")
        if depth < 0:
            break
        inside += character if depth == 0 else ""
    return 0 if inside[::-1].strip() in ("", "void") else inside.count(",") + 1


# --- Rules for C ------------------------------------------------------------

def check_function(report, path, line, text, body):
    found = re.search(r"^(?!__attribute__)(\w+)\(", text, re.MULTILINE)
    name = found.group(1) if found else "?"
    lines = body.count("\n") - 1
    report.limit(path, line, name, lines, "lines", FUNCTION_LINES,
                 FUNCTION_LINES_AIM)
    report.limit(path, line, name, arguments(text), "parameters", PARAMETERS,
                 PARAMETERS_AIM)
    first = line + text.count("\n")
    for number, statement in enumerate(body.splitlines(), first):
        level = re.match(r"(\t+)(if|for|while|switch|do)\b", statement)
        if level and len(level.group(1)) > NESTING:
            report.finding(path, number, f"{name}: nested deeper than "
                           f"{NESTING} levels")
        if re.match(r"\s+static\b(?!.*\bconst\b)", statement) \
                and not path.startswith("tests/"):
            report.finding(path, number, f"{name}: a static that may change")


def is_variable(text, function_types):
    """A declaration that is neither function, type nor promise."""
    if re.match(r"(typedef|extern|_Static_assert)\b", text):
        return False
    if re.fullmatch(r"((struct|union|enum)(\s+\w+)?\s*(\{\})?)?;", text):
        return False
    declared = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", text.split("=")[0])
    first = re.sub(r"\bstatic\b", "", declared).split()[0]
    is_function = first in function_types and "*" not in declared
    # The first parenthesis of a variable, if any, is that of "(*name)".
    return not is_function and \
        ("(" not in declared or bool(re.search(r"^[^(]*\(\s*\*", declared)))


def is_constant(text):
    """The pointer next to the name decides: `const char *x` may change."""
    declared = text.split("=")[0]
    pointer = re.search(r"\(\s*\*([^)]*)\)", declared)
    owned = pointer.group(1) if pointer \
        else declared[declared.rfind("*") + 1:]
    return bool(re.search(r"\bconst\b", owned))


def check_items(report, path, code, function_types):
    for line, text, body in items_of(DIRECTIVE.sub(blank, code)):
        if is_definition(text):
            check_function(report, path, line, text, body)
        elif not path.startswith("tests/") and not is_constant(text) \
                and is_variable(text, function_types):
            name = re.search(r"(\w+)(\[[^]]*\])*\s*(=|;|\))", text).group(1)
            report.finding(path, line, f"{name}: a global that may change")


def check_includes(report, path, text):
    folder = path.split("/")[0]
    for found in re.finditer(r'^#include ([<"])(.*)[>"]', text, re.MULTILINE):
        line = text.count("\n", 0, found.start()) + 1
        name = found.group(2)
        if found.group(1) == "<":
            for header, owners in OWNERS:
                if re.fullmatch(header, name) and folder != "tests" \
                        and path not in owners:
                    report.finding(path, line, f"<{name}> belongs to "
                                   + " and ".join(sorted(owners)))
        elif name != "pgmend.h" and not re.fullmatch(r"\w+_(sql|txt)\.h", name) \
                and name.split("/")[0] not in KNOWS.get(folder, set()):
            report.finding(path, line, f"{folder}/ may not know {name}")


def check_header(report, path, text):
    guard = re.sub(r"\W", "_", path).upper()
    name = os.path.basename(path)
    if not text.startswith(f"/*\n * {name} - "):
        report.finding(path, 1, f"doesn't begin with '{name} - ' in a comment")
    if not re.search(rf"^#ifndef {guard}\n#define {guard}$", text,
                     re.MULTILINE):
        report.finding(path, 1, f"the guard isn't {guard}")


def check_c(report, path, text, function_types):
    code = code_of(text)
    report.limit(path, 1, "the file", text.count("\n"), "lines", FILE_LINES)
    for number, line in enumerate(code.splitlines(), 1):
        for banned in BANNED.finditer(line):
            report.finding(path, number, f"{banned.group(1) or 'goto'} is "
                           "banned")
    check_includes(report, path, text)
    check_items(report, path, code, function_types)
    if path.endswith(".h"):
        check_header(report, path, text)


# --- Rules for every text ---------------------------------------------------

def check_text(report, path, text):
    if text and not text.endswith("\n"):
        report.finding(path, text.count("\n") + 1, "no newline at the end")
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            report.finding(path, number, "unfinished: "
                           + UNFINISHED.search(line).group())
        if line != line.rstrip():
            report.finding(path, number, "white space at the end of the line")
        if len(line.expandtabs(8)) > TEXT_COLUMNS and "://" not in line \
                and not line.startswith("|"):
            report.note(f"over {TEXT_COLUMNS} columns", path, number,
                        "a long line")


def check_format(report, paths):
    """Another version of clang-format has other opinions: then it isn't
    asked."""
    program = shutil.which(f"clang-format-{FORMATTER_VERSION}") or \
        shutil.which("clang-format")
    version = subprocess.run([program, "--version"], text=True,
                             capture_output=True).stdout if program else ""
    if f"version {FORMATTER_VERSION}." not in version:
        print(f"lint: no clang-format {FORMATTER_VERSION} here, so the layout "
              "isn't checked")
        return
    done = subprocess.run([program, "--dry-run", *paths], cwd=ROOT, text=True,
                          capture_output=True)
    seen = set()
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: ", done.stderr,
                                 re.MULTILINE):
        if path not in seen:
            report.finding(path, int(line), "not as clang-format lays it out")
        seen.add(path)


def files(*patterns):
    return sorted(os.path.relpath(path, ROOT) for pattern in patterns
                  for path in glob.glob(os.path.join(ROOT, pattern),
                                        recursive=True))


def main():
    report = Report()
    c_files = files("pgmend.h", *[f"{folder}/**/*.[ch]" for folder in FOLDERS])
    others = files("*.md", "tests/**/*.py", "supervisor/*.sql",
                   "policies/*.policy", "Makefile", "tests/check",
                   "tests/dependencies", ".ci/*")
    texts = {}
    for path in c_files + others:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            texts[path] = file.read()
        check_text(report, path, texts[path])
    function_types = set(re.findall(r"^typedef [\w\s*]*?(\w+)\(",
                                    "\n".join(texts.values()), re.MULTILINE))
    for path in c_files:
        check_c(report, path, texts[path], function_types)
    check_format(report, c_files)
    for path, line, what in sorted(report.findings):
        print(f"{path}:{line}: {what}")
    for rule, notes in sorted(report.notes.items()):
        print(f"lint: {len(notes)} {rule}")
        for path, line, what in notes if "-v" in sys.argv else []:
            print(f"  {path}:{line}: {what}")
    print(f"lint: {len(report.findings)} findings")
    sys.exit(1 if report.findings else 0)


if __name__ == "__main__":
    main()
