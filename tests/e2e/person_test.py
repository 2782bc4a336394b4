#!/usr/bin/env python3
"""Persons beside the journal: seen, changed and erased by the command line, copied with the journal
and never without it, and in clear nowhere but in the answers that are meant to show them.

    person_test.py LUMBUNG PUT_PERSONS
"""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from program import Case, Server, line, main

PUT_PERSONS = sys.argv.pop(2)

SITI = {"name": "Siti Qurratulaini", "other_names": ["Nyai Plangkrongan"],
        "nik": "3578084102030001", "born": "2003-02-01", "sex": "female",
        "phones": ["+6281234567890"], "address": "Dusun Kedungwuluh RT 02",
        "job": "penderes", "note": "suaminya di Taoyuan"}
BUDI = {"name": "Budhi Wiranegara", "nik": "3307010101800002", "phones": ["+85291234567"]}
WATI = {"name": "Wati Handayaningrum", "nik": "3307014203810003"}


def planted(*persons):
    """What must not be found in clear: every text, and parts and spellings of them that somebody
    might keep instead: folded, digits alone, JSON's and base64's form."""
    found = set()
    for person in persons:
        for value in person.values():
            for text in value if isinstance(value, list) else [value]:
                if text in ("female", "male"):
                    continue
                found |= {text, text.lower(), text.upper(), text.replace(" ", ""),
                          text.lstrip("+"), text.replace("+62", "0"),
                          base64.b64encode(text.encode()).decode().rstrip("=")[:-1]}
                found |= {word for word in text.replace("/", " ").split() if len(word) > 6}
    return {text.encode() for text in found if len(text) >= 6 and not text.startswith("2003-")}


class People(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()
        self.lumbung("role", "grant", "ani", "teller")
        self.put(SITI, BUDI)

    def put(self, *persons, first=1):
        lines = "".join(f"{first + i} {json.dumps(person)}\n" for i, person in enumerate(persons))
        run = subprocess.run([PUT_PERSONS, self.data, "DESA", str(first - 1)], input=lines, text=True,
                             capture_output=True, check=True, env=self.env)
        return run.stdout.split()

    def person(self, *arguments, code=0, **more):
        return self.expect(code, "person", *arguments, "--data", self.data, **more)

    def record(self, number, *more):
        shown = json.loads(self.person("show", str(number), "--purpose", "test", "--json",
                                       *more).stdout)
        self.assertEqual(shown.pop("person"), number)
        return shown


class CommandLine(People):
    def test_show(self):
        self.assertEqual(self.record(1), SITI)
        shown = self.person("show", "2", "--purpose", "test").stdout
        self.assertIn("name          Budhi Wiranegara\n", shown)
        self.assertIn("3 is not known", self.person("show", "3", "--purpose", "x", code=1).stderr)
        self.person("show", "1", code=64)
        self.person("show", "0", "--purpose", "x", code=64)
        self.person("show", "1", "--purpose", "why not", code=64)
        self.person("show", "1", "--purpose", "x", "--coop", "KOTA", code=1)

    def find(self, text, *more, **stdin):
        found = json.loads(self.person("find", text, "--purpose", "test", "--json", *more,
                                       **stdin).stdout)
        return found["total"], [(hit["person"], hit["name"]) for hit in found["persons"]]

    def test_find(self):
        siti, budi = (1, SITI["name"]), (2, BUDI["name"])
        for text in ("siti", "qurratul", "plangkrongan", "0812345", SITI["nik"]):
            self.assertEqual(self.find(text), (1, [siti]), text)
        self.assertEqual(self.find("budi"), (1, [budi]))
        self.assertEqual(self.find("-", stdin="budi\n"), (1, [budi]))
        self.assertEqual(self.find("", "--limit", "1", "--offset", "1"), (2, [siti]))
        self.assertEqual(self.find("3578084102030009"), (0, []))
        self.person("find", "siti", code=64)
        self.person("find", "siti", "--purpose", "x", "--limit", "101", code=64)

    def test_change(self):
        changed = BUDI | {"phones": ["0812 9999 8888"]}
        run = self.person("change", "2", "-", "--purpose", "new-phone", "--json",
                          stdin=json.dumps(changed))
        self.assertEqual(len(json.loads(run.stdout)["digest"]), 64)
        self.assertEqual(self.record(2)["phones"], ["+6281299998888"])
        self.assertEqual(self.find("081299998888")[0], 1)
        taken = self.person("change", "2", "-", "--purpose", "x", "--json", code=1,
                            stdin=json.dumps(BUDI | {"nik": SITI["nik"]}))
        answer = json.loads(taken.stdout)
        self.assertEqual((answer["done"], answer["other_person"]), (False, 1))
        self.assertEqual(answer["refusals"][0]["code"], "nik_taken")
        wrong = self.person("change", "2", "-", "--purpose", "x", code=1,
                            stdin=json.dumps(BUDI | {"nik": "3307014513800002"}))
        self.assertIn("/nik: nik_month_invalid", wrong.stderr)
        self.assertNotIn("3307014513800002", wrong.stderr)
        odd = self.person("change", "2", "-", "--purpose", "x", "--json",
                          stdin=json.dumps(BUDI | {"nik": "9999010101800002"}))
        self.assertEqual(json.loads(odd.stdout)["warnings"][0]["code"], "nik_region_unknown")
        for bad in ("{}", "[]", '{"name":"A","x":1}', "x"):
            self.person("change", "2", "-", "--purpose", "x", code=65, stdin=bad)
        self.person("change", "9", "-", "--purpose", "x", code=1, stdin='{"name":"A"}')

    def test_erase(self):
        self.person("erase", "1", "--why", "request", code=64)
        self.person("erase", "1", "--why", "request", "--no-ties", "--last-entry", "2001-01-01",
                    code=64)
        year = time.gmtime().tm_year
        held = self.person("erase", "1", "--why", "request", "--last-entry", f"{year - 10}-02-03",
                           "--relation-ended", f"{year - 11}-02-03", "--json", code=1)
        self.assertEqual(json.loads(held.stdout), {"person": 1, "erased": False,
                                                   "retained_until": f"{year}-12-31"})
        self.assertIn(f"{year}-12-31", held.stderr)
        self.assertEqual(self.record(1), SITI)
        self.person("erase", "1", "--why", "request", "--last-entry", f"{year - 11}-12-31", "--as",
                    "ani")
        for _ in range(2):
            gone = self.person("show", "1", "--purpose", "x", code=1)
            self.assertRegex(gone.stderr, "was erased at .* by ani: request")
        self.person("erase", "1", "--why", "request", "--no-ties", code=1)
        self.person("erase", "7", "--why", "request", "--no-ties", code=1)
        self.assertEqual(self.find("siti"), (0, []))
        self.person("erase", "2", "--why", "request", "--no-ties")

    def test_access_and_breach(self):
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 5))
        self.person("show", "1", "--purpose", "loan/7", "--as", "ani")
        self.person("find", "siti", "--purpose", "counter")
        self.person("show", "2", "--purpose", "counter")
        rows = json.loads(self.person("access", "1", "--json").stdout)
        self.assertEqual([(row["principal"], row["purpose"]) for row in rows],
                         [("ani", "loan/7"), ("operator", "counter")])
        self.assertIn("loan/7", self.person("access", "1").stdout)

        def breach(*more):
            return json.loads(self.person("breach", *more, "--json").stdout)
        (one,) = breach("--by", "ani", "--since", since)
        self.assertEqual((one["person"], one["reads"]), (1, 1))
        self.assertNotIn("name", one)
        self.assertEqual([row["person"] for row in breach("--by", "operator")], [1, 2])
        self.assertEqual(breach("--by", "operator", "--until", since), [])
        self.assertEqual(breach("--token", "0" * 64), [])
        self.assertEqual([row["person"] for row in breach("--everybody")], [1, 2])
        self.person("erase", "2", "--why", "request", "--no-ties")
        contacts = breach("--by", "operator", "--contacts", "--purpose", "uu-27-2022")
        self.assertEqual((contacts[0]["phones"], contacts[0]["address"]),
                         (SITI["phones"], SITI["address"]))
        self.assertTrue(contacts[1]["erased"])
        rows = json.loads(self.person("access", "1", "--json").stdout)
        self.assertEqual(rows[-1]["purpose"], "uu-27-2022")
        self.person("breach", code=64)
        self.person("breach", "--by", "ani", "--everybody", code=64)
        self.person("breach", "--by", "ani", "--contacts", code=64)
        self.person("breach", "--by", "nobody", code=1)
        self.person("breach", "--token", "12", code=64)

    def test_rotate_key(self):
        before = (self.data / "personal" / "keys").read_bytes()
        self.assertEqual(json.loads(self.person("rotate-key", "--json").stdout),
                         {"generation": 2, "rewrapped": 2, "damaged": []})
        self.assertNotEqual((self.data / "personal" / "keys").read_bytes(), before)
        self.assertEqual(self.record(1), SITI)

    def test_beside_a_server_all_is_the_same(self):
        server = Server(self)
        self.assertEqual(self.record(1), SITI)
        self.assertEqual(self.find("siti"), (1, [(1, SITI["name"])]))
        self.person("change", "2", "-", "--purpose", "x", stdin=json.dumps(WATI))
        self.assertEqual(self.find("wati"), (1, [(2, WATI["name"])]))
        self.person("show", "9", "--purpose", "x", code=1)
        self.person("erase", "2", "--why", "request", "--no-ties")
        self.assertEqual(self.find("wati"), (0, []))
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.find("wati"), (0, []))

    def test_what_shows_persons_lies_in_no_file_on_its_way(self):
        server = Server(self)

        def answer_of(*arguments):
            call = json.dumps({"arguments": arguments, "directory": "/", "files": []}) + "\n"
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(str(self.data / "admin.sock"))
                connection.sendall(b"POST /run HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                                   b"Content-Length: %d\r\n\r\n" % len(call) + call.encode())
                body = connection.makefile("rb").read().partition(b"\r\n\r\n")[2]
            head, _, rest = body.partition(b"\n")
            return json.loads(head), rest.decode()
        purpose = ("--purpose", "test", "--json")
        for shown in (("show", "1"), ("find", "siti"), ("breach", "--everybody", "--contacts")):
            head, rest = answer_of("person", *shown, *purpose)
            self.assertNotIn("out_file", head)
            self.assertEqual((head["exit_code"], head["out_bytes"]), (0, len(rest.encode())))
            self.assertIn(SITI["name"], rest)
        self.assertIn("out_file", answer_of("coops")[0])
        self.assertEqual(server.stop(), 0)

    def test_keys_may_lie_elsewhere(self):
        elsewhere = self.folder / "medium" / "keys"
        elsewhere.parent.mkdir(mode=0o700)
        (self.data / "personal" / "keys").rename(elsewhere)
        self.person("show", "1", "--purpose", "x", code=74)
        self.assertEqual(self.record(1, "--keys-file", elsewhere), SITI)
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00"))  # needs no persons

    def test_the_journal_is_sound_without_persons(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00"))
        head = self.lumbung("verify")
        shutil.rmtree(self.data / "personal")
        self.assertEqual(self.lumbung("verify"), head)
        self.assertIn("1.00", self.lumbung("trial-balance"))


class Copies(People):
    def setUp(self):
        super().setUp()
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00"))

    def backup(self, name, *more):
        self.lumbung("backup", name, *more)
        return self.folder / name

    def refuse(self, code, source, *more):
        """Nothing may come into place, nor anything stay beside it."""
        target = self.folder / "restored"
        run = self.expect(code, "restore", source, "--data", target, *more)
        self.assertFalse(target.exists())
        self.assertFalse((self.folder / "restored.restoring").exists())
        return run.stderr

    def restore(self, source, *more):
        target = self.folder / "restored"
        self.expect(0, "restore", source, "--data", target, *more)
        self.data, live = target, self.data
        shown = [self.record(1), self.record(2)]
        self.assertEqual(shown, [SITI, BUDI])
        self.assertIn("1.00", self.lumbung("trial-balance"))
        self.assertFalse((target / "personal" / "MANIFEST").exists())
        for path in (target / "personal").iterdir():
            self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)
        self.assertEqual((target / "personal").stat().st_mode & 0o777, 0o700)
        self.data = live
        shutil.rmtree(target)

    def test_both_come_back(self):
        self.restore(self.backup("alone"))
        server = Server(self)
        self.restore(self.backup("beside"))
        self.assertEqual(server.stop(), 0)
        self.expect(1, "backup", "alone", "--data", self.data)
        self.assertEqual(self.expect(0, "verify", "--data", self.folder / "alone").stdout,
                         self.lumbung("verify"))

    def test_a_backup_is_a_backup_also_before_the_first_person(self):
        shutil.rmtree(self.data / "personal")
        copy = self.backup("copy")
        self.expect(0, "restore", copy, "--data", self.folder / "restored")

    def test_keys_apart(self):
        copy = self.backup("copy", "--keys-apart")
        self.assertFalse((copy / "personal" / "keys").exists())
        self.assertIn("key file", self.refuse(2, copy))
        keys = self.data / "personal" / "keys"
        self.restore(copy, "--keys", keys)
        missing = self.folder / "missing"
        self.assertIn("no such key file", self.refuse(74, copy, "--keys", missing))
        self.person("rotate-key")
        self.assertIn("does not open", self.refuse(1, copy, "--keys", keys))

    def test_the_setting_names_the_keys_of_a_copy_without_any(self):
        copy = self.backup("copy", "--keys-apart")
        elsewhere = self.folder / "keys"
        shutil.copy(self.data / "personal" / "keys", elsewhere)
        restored = self.folder / "restored"
        self.expect(0, "restore", copy, "--data", restored, "--keys-file", elsewhere)
        self.assertFalse((restored / "personal" / "keys").exists())
        self.data = restored
        self.assertEqual(self.record(1, "--keys-file", elsewhere), SITI)

    def test_half_of_one_is_refused(self):
        copy = self.backup("copy")
        (copy / "personal").rename(copy / "aside")
        self.assertIn("no personal part", self.refuse(1, copy))
        (copy / "aside").rename(copy / "personal")
        for name, wanted in (("MANIFEST", "no manifest"), ("personal.db", "no database"),
                             ("keys", "key file")):
            part = copy / "personal" / name
            part.rename(self.folder / "aside")
            self.assertIn(wanted, self.refuse(2, copy))
            (self.folder / "aside").rename(part)
        (copy / "rocks").rename(self.folder / "aside")
        self.refuse(2, copy)
        (self.folder / "aside").rename(copy / "rocks")
        self.lumbung("checkpoint", "journal")
        self.assertIn("no personal part", self.refuse(1, self.folder / "journal"))
        self.restore(copy)

    def test_a_changed_byte_is_found(self):
        copy = self.backup("copy")
        for name in ("MANIFEST", "personal.db", "keys"):
            part = copy / "personal" / name
            good = part.read_bytes()
            for at in (0, len(good) // 2, len(good) - 2):
                part.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
                self.assertNotEqual(
                    self.run_program("restore", copy, "--data", self.folder / "no").returncode, 0)
                self.assertFalse((self.folder / "no").exists())
            part.write_bytes(good)
        (copy / "personal" / "keys").chmod(0o644)
        self.refuse(74, copy)
        (copy / "personal" / "keys").chmod(0o600)
        self.restore(copy)

    def test_parts_of_two_backups_are_none(self):
        first = self.backup("first")
        self.lumbung("post", stdin=line("k2", "100", "200-A", "2.00"))
        second = self.backup("second")
        (first / "personal").rename(self.folder / "aside")
        shutil.copytree(second / "personal", first / "personal")
        self.assertIn("another copy of the journal", self.refuse(1, first))
        shutil.rmtree(second / "personal")
        (self.folder / "aside").rename(second / "personal")
        self.assertIn("another copy of the journal", self.refuse(1, second))
        # A journal that goes on behind the HEAD that it was copied with.
        shutil.copy(first / "HEAD", second / "HEAD")
        self.assertIn("another copy of the journal", self.refuse(1, second))

    def test_erased_after_the_copy_is_back_and_erased_again(self):
        copy = self.backup("copy")
        self.person("erase", "1", "--why", "request", "--no-ties")
        self.restore(copy)
        after = self.backup("after")
        restored = self.folder / "restored"
        self.expect(0, "restore", after, "--data", restored)
        self.expect(1, "person", "show", "1", "--purpose", "x", "--data", restored)


class NothingInClear(People):
    """Known names, numbers and phones go through every operation; afterwards no file of the data
    directory, no copy, no log and no answer that is not meant to show them has any of them."""

    def assert_clean(self, what, data):
        for text in planted(SITI, BUDI, WATI):
            self.assertNotIn(text, data, f"{what} has {text!r}")

    def assert_files_clean(self, folder):
        count = 0
        for path in folder.rglob("*"):
            if path.is_file():
                self.assert_clean(path, path.read_bytes())
                count += 1
            self.assert_clean("the name of a file", os.fsencode(path.relative_to(folder)))
        self.assertGreater(count, 10)

    def quiet(self, *arguments, code=0, **more):
        """An answer that must show nobody."""
        run = self.expect(code, *arguments, "--data", self.data, **more)
        self.assert_clean(arguments, (run.stdout + run.stderr).encode())

    def work(self):
        person = ("--purpose", "test")
        self.assertEqual(self.record(1), SITI)
        self.person("find", "qurratulaini", *person)
        self.person("find", SITI["nik"], *person)
        self.person("breach", "--by", "operator", "--contacts", *person)
        self.quiet("person", "change", "2", "-", *person, stdin=json.dumps(WATI | {
            "other_names": [BUDI["name"]]}))
        self.quiet("person", "change", "2", "-", *person, code=1,
                   stdin=json.dumps(WATI | {"nik": SITI["nik"]}))
        self.quiet("person", "change", "2", "-", *person, code=1,
                   stdin=json.dumps(BUDI | {"nik": "3307010101801300000002"}))
        self.quiet("person", "change", "2", "-", *person, code=65,
                   stdin=json.dumps(BUDI | {"sex": BUDI["name"]}))
        self.quiet("person", "change", "2", "-", *person, stdin=json.dumps(BUDI))
        self.quiet("person", "access", "1")
        self.quiet("person", "access", "1", "--json")
        self.quiet("person", "breach", "--by", "operator")
        self.quiet("person", "breach", "--everybody", "--json")
        self.quiet("person", "rotate-key")
        self.quiet("export", "--format", "jsonl")
        self.quiet("verify")

    def test_with_and_without_a_server(self):
        self.put(WATI, first=3)
        self.quiet("person", "erase", "3", "--why", "request", "--no-ties")
        self.work()
        self.quiet("backup", "copy")
        log = self.folder / "serve.log"
        server = Server(self, "--log-file", log, log=log)
        self.assert_files_clean(self.data)
        self.work()
        self.quiet("backup", "beside", "--keys-apart")
        self.assert_files_clean(self.data)
        self.assert_clean("metrics", server.get("/metrics")[1])
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        self.assert_files_clean(self.data)
        self.quiet("coops")  # recovers
        self.quiet("rebuild")
        self.work()
        restored = self.folder / "restored"
        self.expect(0, "restore", "copy", "--data", restored)
        self.assert_files_clean(self.folder)

    def test_the_search_can_find(self):
        (self.data / "leak").write_text("x" + SITI["nik"])
        with self.assertRaises(AssertionError):
            self.assert_files_clean(self.data)


if __name__ == "__main__":
    main()
