#!/usr/bin/env python3
"""Policies as text: `policy fmt`, `settings`, `show`, `export`, `hash`, `sign`
and `verify`; and that heal takes no set that nobody answers for.
"""

import json
import os
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from harness import (Cluster, ROOT, equal, holds, main, pgmend, test)  # noqa: E402
from pipeline import (incident, load, make_roles, make_warehouse)  # noqa: E402

KEYGEN = "/usr/bin/ssh-keygen"
MANIFEST = "POLICY.SHA256SUMS"
SIGNATURE = MANIFEST + ".sig"
SIGNER = "policy@example"
HEALER = "healer"

ORG = """pgmend-policy 1
layer org
default deny
include "common.policy"
allow add_column on @raw as raw {
    when not change.rewrite and in @office
}
limits {
    lock_timeout 3s
    timezone "Europe/Berlin"
}
"""
COMMON = """pgmend-policy 1
tables @raw=raw_*.*,stg.*    # both
window @office = mon-fri 09:00-17:00
"""
TEAM = """pgmend-policy 1
layer team
extends "org.policy"
default inherit
deny add_column on *.*.*_id as keys
limits {
    lock_timeout 2s
}
"""


def write(folder, **files):
    for name, text in files.items():
        path = os.path.join(folder, name + ".policy")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, 0o644)
    return folder


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def policy(*arguments, **how):
    return pgmend("policy", *arguments, **how)


class Folder:
    """A folder of policies, gone afterwards."""

    def __init__(self, **files):
        self.files = files

    def __enter__(self):
        self.held = tempfile.TemporaryDirectory()
        os.chmod(self.held.name, 0o755)
        return write(self.held.name, **self.files)

    def __exit__(self, *_):
        self.held.cleanup()


# --- fmt --------------------------------------------------------------------

@test
def fmt_prints_what_it_lays_out():
    with Folder(common=COMMON) as folder:
        path = os.path.join(folder, "common.policy")
        done = policy("fmt", path)
        equal(done.status, 0)
        equal(done.out, COMMON.replace(
            "tables @raw=raw_*.*,stg.*    # both",
            "tables @raw    = raw_*.*, stg.* # both"))
        equal(read(path), COMMON, "the file")
        equal(policy("fmt", "-", stdin=COMMON).out, done.out)


@test
def fmt_shows_a_diff_that_patch_takes_and_exits_with_1():
    with Folder(common=COMMON) as folder:
        path = os.path.join(folder, "common.policy")
        done = policy("fmt", "-d", path)
        equal(done.status, 1)
        holds("\n-tables @raw=raw" in done.out and
              "\n@@ -1,3 +1,3 @@\n" in done.out, done.out)
        equal(read(path), COMMON, "the file")
        equal(policy("fmt", "-w", path).status, 0)
        equal(policy("fmt", "-d", path).out, "")
        equal(policy("fmt", "-d", path).status, 0)


@test
def fmt_rewrites_a_file_and_keeps_its_mode():
    with Folder(common=COMMON) as folder:
        path = os.path.join(folder, "common.policy")
        os.chmod(path, 0o640)
        laid_out = policy("fmt", path).out
        equal(policy("fmt", "-w", path).status, 0)
        equal(read(path), laid_out)
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        equal(os.listdir(folder), ["common.policy"], "nothing is left over")


@test
def fmt_leaves_a_file_with_a_mistake_alone():
    with Folder(bad=TEAM.replace("deny", "dney")) as folder:
        path = os.path.join(folder, "bad.policy")
        done = policy("fmt", "-w", path)
        equal(done.status, 1)
        holds("did you mean 'deny'?" in done.out, done.out)
        holds("dney" in read(path), "the file")


@test
def fmt_says_what_it_cannot_do():
    with Folder(common=COMMON) as folder:
        path = os.path.join(folder, "common.policy")
        equal(policy("fmt").status, 2)
        equal(policy("fmt", "-d", "-w", path).status, 2)
        equal(policy("fmt", "-w", "-", stdin=COMMON).status, 2)
        equal(policy("fmt", os.path.join(folder, "no.policy")).status, 3)
        link = os.path.join(folder, "link.policy")
        os.symlink("common.policy", link)
        equal(policy("fmt", "-w", link).status, 2, "a link")


@test
def the_policies_that_come_along_are_laid_out():
    folder = os.path.join(ROOT, "policies")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".policy"):
            done = policy("fmt", "-d", os.path.join(folder, name))
            equal((done.status, done.out), (0, ""), name)


# --- settings, show, export -------------------------------------------------

@test
def settings_are_listed_with_how_they_narrow():
    rows = {f"{row['section']}.{row['name']}": row for row in
            map(json.loads, policy("settings").out.splitlines())}
    equal(sorted({name.split(".")[0] for name in rows}),
          ["alert", "approve", "audit", "disclose", "limits", "mcp", "model",
           "sandbox", "signing"])
    equal(rows["limits.lock_timeout"]["narrows"], "lower it")
    equal(rows["model.thinking"]["values"], ["off", "low", "medium", "high"])
    holds("email" in rows["disclose.detect"]["kinds"], rows)
    text = policy("settings", "--text").out
    equal([line.split()[0] for line in text.splitlines()], list(rows))
    holds("sandbox.require" in text and "[add to it]" in text, text)


@test
def show_writes_out_includes_lists_and_effective_settings():
    with Folder(org=ORG, common=COMMON, team=TEAM) as folder:
        path = os.path.join(folder, "team.policy")
        done = policy("show", "--effective", "-p", path)
        equal(done.status, 0)
        holds("allow add_column on raw_*.*, stg.* as raw {" in done.out,
              done.out)
        holds("include" not in done.out and "@raw" not in done.out,
              done.out)
        holds("#     lock_timeout 2s\n" in done.out and
              '#     timezone "Europe/Berlin"\n' in done.out, done.out)
        holds("lock_timeout 3s" in done.out, "the org's own")


@test
def an_export_loads_again_and_means_the_same():
    with Folder(org=ORG, common=COMMON, team=TEAM) as folder:
        path = os.path.join(folder, "team.policy")
        copy = os.path.join(folder, "copy")
        equal(policy("export", "--to", copy, "-p", path).status, 0)
        equal(sorted(os.listdir(copy)), ["org.policy", "team.policy"])
        before = json.loads(policy("hash", "--json", path).out)
        after = json.loads(policy("hash", "--json",
                                  os.path.join(copy, "team.policy")).out)
        equal(after["meaning"], before["meaning"])
        holds(after["files"] != before["files"], "the files differ")
        equal(policy("fmt", "-d", os.path.join(copy, "org.policy")).status, 0)


@test
def an_export_never_takes_the_place_of_what_it_is_made_from():
    with Folder(org=ORG, common=COMMON) as folder:
        path = os.path.join(folder, "org.policy")
        equal(policy("export", "--to", folder, "-p", path).status, 2)
        equal(policy("export", "--to", folder + "/.", "-p", path).status, 2)
        equal(read(path), ORG, "the file")


@test
def an_export_of_one_layer_is_a_policy_as_it_is_printed():
    with Folder(org=ORG, common=COMMON) as folder:
        path = os.path.join(folder, "org.policy")
        before = json.loads(policy("hash", "--json", path).out)
        text = policy("show", "--effective", "-p", path).out
        write(folder, shown=text)
        after = json.loads(policy(
            "hash", "--json", os.path.join(folder, "shown.policy")).out)
        equal(after["meaning"], before["meaning"])


@test
def an_export_as_json_has_all_that_has_meaning():
    with Folder(org=ORG, common=COMMON, team=TEAM) as folder:
        path = os.path.join(folder, "team.policy")
        done = json.loads(policy("export", "--json", "-p", path).out)
        org, team = done["layers"]
        equal([org["layer"], team["layer"]], ["org", "team"])
        equal([org["default"], team["default"]], ["deny", "inherit"])
        equal(org["windows"], {"office": "mon-fri 09:00-17:00"})
        rule = org["rules"][0]
        equal(rule["on"], ["raw_*.*", "stg.*"])
        equal(rule["when"], ["not change.rewrite and in @office"])
        equal(team["rules"][0]["label"], "keys")
        holds({"section": "limits", "name": "lock_timeout", "value": "2s"}
              in done["effective"], done["effective"])
        meaning = json.loads(policy("hash", "--json", path).out)["meaning"]
        equal(done["meaning"], meaning)
        equal(policy("export", "--json", "--to", "x", "-p", path).status, 2)


# --- hash, sign, verify -----------------------------------------------------

def make_key(folder, name):
    path = os.path.join(folder, name)
    subprocess.run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-f", path],
                   check=True)
    return path


class Signed(Folder):
    """The folder, signed, with `signers` and the key beside it."""

    def __enter__(self):
        folder = super().__enter__()
        self.keys = tempfile.TemporaryDirectory()
        os.chmod(self.keys.name, 0o755)
        self.key = make_key(self.keys.name, "key")
        self.other = make_key(self.keys.name, "other")
        self.signers = os.path.join(self.keys.name, "allowed_signers")
        with open(self.signers, "w", encoding="utf-8") as out:
            out.write(f'{SIGNER} namespaces="pgmend-policy" '
                      + read(self.key + ".pub"))
        self.folder = folder
        equal(policy("sign", folder, "--key", self.key).status, 0, "sign")
        return self

    def __exit__(self, *what):
        self.keys.cleanup()
        super().__exit__(*what)

    def path(self, name):
        return os.path.join(self.folder, name)

    def resign(self, key, namespace):
        """By ssh-keygen itself, over the manifest as it is."""
        with open(self.path(MANIFEST), "rb") as text, \
                open(self.path(SIGNATURE), "wb") as out:
            subprocess.run([KEYGEN, "-q", "-Y", "sign", "-f", key, "-n",
                            namespace], stdin=text, stdout=out, check=True,
                           stderr=subprocess.DEVNULL)

    def verify(self, name=None, signers=None):
        return policy("verify", self.path(name) if name else self.folder,
                      "--signers", signers or self.signers)

    def refuses(self, sentence, name=None):
        done = self.verify(name)
        equal(done.status, 3, repr(done))
        equal(done.json["reason_code"], "F14")
        holds(sentence in done.json["message"], done.json["message"])


SET = {"org": ORG, "common": COMMON, "team": TEAM}


@test
def a_manifest_is_what_sha256sum_reads():
    with Signed(**SET) as at:
        equal(read(at.path(MANIFEST)), policy("hash", at.folder).out)
        done = subprocess.run(["sha256sum", "-c", "--quiet", MANIFEST],
                              cwd=at.folder, check=False)
        equal(done.returncode, 0)


@test
def a_good_signature_names_its_signer():
    with Signed(**SET) as at:
        for name in None, "team.policy":
            done = at.verify(name)
            equal(done.status, 0, repr(done))
            equal(done.json, {"signature": "ok", "signer": SIGNER,
                              "files": 3})


@test
def whatever_is_not_as_it_was_signed_is_refused():
    with Signed(**SET) as at:
        write(at.folder, common=COMMON + "# one more line\n")
        at.refuses("common.policy: changed since it was signed")
        at.refuses("common.policy: changed since it was signed",
                   "team.policy")
        write(at.folder, common=COMMON, added="pgmend-policy 1\n")
        at.refuses("added.policy: not in POLICY.SHA256SUMS")
        os.unlink(at.path("added.policy"))
        os.unlink(at.path("team.policy"))
        at.refuses("3 policies are signed, 2 are there")
        write(at.folder, team=TEAM)
        equal(at.verify().status, 0, "as it was")


@test
def a_signature_is_by_a_known_signer_and_for_policies():
    with Signed(**SET) as at:
        at.resign(at.other, "pgmend-policy")
        at.refuses("is by nobody that the signers file lists")
        at.resign(at.key, "git")
        at.refuses("namespace does not match")
        at.resign(at.key, "pgmend-policy")
        equal(at.verify().status, 0)
        with open(at.path(MANIFEST), "a", encoding="utf-8") as out:
            out.write("0" * 64 + "  more.policy\n")
        at.refuses("incorrect signature")


@test
def a_stripped_signature_is_a_refusal():
    with Signed(**SET) as at:
        os.unlink(at.path(SIGNATURE))
        at.refuses(f"{SIGNATURE} is missing: the set isn't signed")
        os.unlink(at.path(MANIFEST))
        at.refuses(f"{MANIFEST} is missing: the set isn't signed")


@test
def a_signers_file_that_others_can_write_is_refused():
    with Signed(**SET) as at:
        os.chmod(at.signers, 0o664)
        at.refuses("others may write to it")
        os.chmod(at.signers, 0o644)
        equal(at.verify(signers=at.signers + "x").status, 3)


@test
def signing_says_what_it_cannot_do():
    with Folder(**SET) as folder:
        equal(policy("sign", folder, "--key", "/nowhere").status, 2)
        equal(policy("sign").status, 2)
        with tempfile.TemporaryDirectory() as empty:
            equal(policy("hash", empty).status, 3)
            not_a_key = os.path.join(empty, "key")
            with open(not_a_key, "w", encoding="utf-8") as out:
                out.write("no key\n")
            done = policy("sign", folder, "--key", not_a_key)
            equal(done.status, 2, repr(done))
        equal(sorted(os.listdir(folder)),
              ["common.policy", "org.policy", "team.policy"])


# --- heal -------------------------------------------------------------------

cluster = Cluster()
make_roles(cluster)
TABLE = "analytics.orders"
ORDER = {"id": 1, "customer": "Zoë", "amount": 12.5, "coupon": "SPRING",
         "placed_at": "2026-11-24T18:04:11Z"}
EVERYTHING = read(ROOT, "policies", "default.policy")
databases = 0


def broken_warehouse():
    """A database with a failure, and its incident."""
    global databases
    databases += 1
    db = make_warehouse(cluster, f"signed{databases}")
    failure = load(cluster, db, TABLE, ORDER)
    return db, json.dumps(incident("i-1", TABLE, ORDER, failure))


def heal(at, db, document, *options, signers=True, configured=True):
    """With the folder's base.policy, and its signers by the configuration."""
    path = os.path.join(at.keys.name, "pgmend.conf")
    with open(path, "w", encoding="utf-8") as out:
        if configured:
            out.write(f"policy = {at.path('base.policy')}\n")
        if signers:
            out.write("policy_signers = allowed_signers\n")
    return pgmend("heal", "--db", cluster.conninfo(db, HEALER), "--config",
                  path, *options, "-", stdin=document)


@test
def heal_takes_a_signed_set_and_says_who_signed():
    db, document = broken_warehouse()
    with Signed(base=EVERYTHING) as at:
        done = heal(at, db, document)
        equal(done.status, 0, repr(done))
        equal(done.json["policy"]["signer"], SIGNER)
        told = cluster.sql(
            "SELECT body::jsonb #>> '{policy,signer}'"
            " FROM pgmend.event WHERE kind = 'run.finished'", db=db)
        equal(told, SIGNER, "in the audit")


@test
def heal_refuses_a_set_that_nobody_answers_for():
    db, document = broken_warehouse()
    with Signed(base=EVERYTHING) as at:
        os.unlink(at.path(SIGNATURE))
        done = heal(at, db, document)
        equal((done.status, done.json["reason_code"]), (2, "F14"), repr(done))
        at.resign(at.other, "pgmend-policy")
        equal(heal(at, db, document).json["reason_code"], "F14")
        at.resign(at.key, "pgmend-policy")
        write(at.folder, base=EVERYTHING + "# changed\n")
        done = heal(at, db, document)
        equal((done.status, done.json["reason_code"]), (2, "F14"), repr(done))
        holds("changed since it was signed" in done.json["message"],
              done.json["message"])
        write(at.folder, base=EVERYTHING)
        equal(heal(at, db, document).status, 0, "as it was signed")


@test
def the_command_line_may_ask_for_a_signature_but_not_replace_one():
    db, document = broken_warehouse()
    with Signed(base=EVERYTHING) as at, Folder(base=EVERYTHING) as unsigned:
        path = os.path.join(unsigned, "base.policy")
        done = heal(at, db, document, "--policy", path, "--policy-signers",
                    at.signers, signers=False, configured=False)
        equal((done.status, done.json["reason_code"]), (2, "F14"), repr(done))
        done = heal(at, db, document, "--policy-signers", at.signers)
        equal((done.status, done.json["reason_code"]), (2, "bad_option"),
              repr(done))
        done = heal(at, db, document, "--policy", path)
        equal((done.status, done.json["reason_code"]), (2, "F14"),
              "a further layer must be signed, too")


@test
def a_set_may_ask_for_a_signature_itself_and_only_add():
    db, document = broken_warehouse()
    wants = EVERYTHING + 'signing {\n    require yes\n    signers "%s"\n}\n'
    with Signed(base=wants % SIGNER) as at:
        done = heal(at, db, document, signers=False)
        equal((done.status, done.json["reason_code"]), (2, "F14"), repr(done))
        holds("policy_signers" in done.json["message"], done.json["message"])
        equal(heal(at, db, document).status, 0, "by whom it wants")
    with Signed(base=wants % "somebody@else") as at:
        done = heal(at, db, document)
        equal((done.status, done.json["reason_code"]), (2, "F14"), repr(done))
        holds("isn't one of the set's own signers" in done.json["message"],
              done.json["message"])


main()
