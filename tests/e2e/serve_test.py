#!/usr/bin/env python3
"""The command line beside a running server, and the server's start and stop.

    serve_test.py LUMBUNG
"""

import json
import signal
import socket
import subprocess
import time

import program
from program import START_TIMEOUT_S, Case, Server, line, main


class BesideAServer(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()
        self.server = Server(self)

    def test_the_same_commands_do_the_same(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        (self.folder / "more.jsonl").write_text(line("k2", "100", "200-A", "1.00"))
        self.lumbung("post", "more.jsonl")
        self.lumbung("account", "open", "200-B", "--type", "liability", "--control", "200")
        reads = [("coops",), ("coops", "--json"), ("account", "list"), ("statement", "200-A"),
                 ("trial-balance",), ("day", "show"), ("export",), ("role", "list"),
                 ("export", "--format", "blocks"), ("account", "show", "200-A", "--json")]
        beside = [self.run_program(*read, "--data", self.data, text=False) for read in reads]
        self.assertEqual(self.server.stop(), 0)
        for read, before in zip(reads, beside):
            alone = self.run_program(*read, "--data", self.data, text=False)
            self.assertEqual((before.returncode, before.stdout, before.stderr),
                             (0, alone.stdout, alone.stderr), read)
        self.assertFalse([path for path in self.data.iterdir() if path.name.startswith("run-")])

    def test_exit_codes_and_errors_come_through(self):
        run = self.expect(1, "post", "--data", self.data, stdin=line("k", "200-A", "100", "1.00"))
        self.assertIn("insufficient_funds", run.stdout)
        run = self.expect(65, "post", "--data", self.data, stdin="{}\n")
        self.assertIn("line 1", run.stderr)
        self.expect(1, "init", "--data", self.data, "--coop", "DESA", "--chart", "chart.toml")
        self.expect(64, "export", "--format", "pdf", "--data", self.data)
        self.expect(64, "account", "list", "--coop", "desa", "--data", self.data)

    def test_settings_of_the_client_go_along(self):
        (self.folder / "mine.toml").write_text('coop = "KOTA"\njson = true\n')
        self.lumbung("init", "--config", "mine.toml")
        (coop,) = [c for c in json.loads(self.lumbung("coops", "--json")) if c["id"] == "KOTA"]
        self.assertEqual(coop["currency"], "IDR")
        accounts = json.loads(self.lumbung("account", "list", "--config", "mine.toml"))
        self.assertGreater(len(accounts), 40)
        shown = self.lumbung("account", "show", "100", "--coop", "DESA", env={"LUMBUNG_JSON": "1"})
        self.assertEqual(json.loads(shown)["account"], "100")

    def test_a_token_works_at_once_and_no_longer_when_revoked(self):
        self.lumbung("role", "grant", "pengawas-1", "auditor")
        token = self.lumbung("token", "create", "pengawas-1", "--quiet").strip()
        path = "/v1/cooperatives/DESA/trial-balance"
        self.assertEqual(self.server.get(path, token)[0], 200)
        (info,) = json.loads(self.lumbung("token", "list", "--json"))
        self.lumbung("token", "revoke", info["id"])
        self.assertEqual(self.server.get(path, token)[0], 401)

    def test_what_takes_no_input_waits_for_none(self):
        with subprocess.Popen([program.PROGRAM, "coops", "--data", self.data], env=self.env,
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            self.assertEqual(process.wait(START_TIMEOUT_S), 0)

    def log_in(self, name, password):
        return self.server.ask("/v1/cooperatives/DESA/login", {"Sec-Fetch-Site": "same-origin"},
                               {"principal": name, "password": password})

    def test_a_user_logs_in_until_the_sessions_are_ended(self):
        self.lumbung("role", "grant", "kasir-1", "teller")
        once = self.lumbung("user", "password", "kasir-1", "--quiet").strip()
        status, fields, body = self.log_in("kasir-1", once)
        self.assertEqual(status, 200)
        page = {"Cookie": fields["Set-Cookie"].split(";")[0], "Sec-Fetch-Site": "same-origin"}
        session = json.loads(body)
        status, fields, body = self.server.ask(
            "/v1/cooperatives/DESA/session/password", page | {"X-CSRF-Token": session["csrf_token"]},
            {"old": once, "new": "sandi-desa-2026"})
        self.assertEqual(status, 200, body)
        page["Cookie"] = fields["Set-Cookie"].split(";")[0]
        path = "/v1/cooperatives/DESA/accounts/100"
        self.assertEqual(self.server.ask(path, page)[0], 200)
        (user,) = json.loads(self.lumbung("user", "list", "--json"))
        self.assertEqual((user["sessions"], user["password"]), (1, "set"))
        self.lumbung("user", "end-sessions", "kasir-1")
        self.assertEqual(self.server.ask(path, page)[0], 401)

    def test_a_lock_lasts_until_it_is_lifted(self):
        self.lumbung("role", "grant", "kasir-1", "teller")
        self.lumbung("user", "password", "kasir-1", "--stdin", stdin="sandi-desa-2026")
        self.assertEqual(self.log_in("kasir-1", "salah-sekali-26")[0], 401)
        status, fields, _ = self.log_in("kasir-1", "sandi-desa-2026")
        self.assertEqual((status, fields["Retry-After"]), (429, "1"))
        self.lumbung("user", "unlock", "kasir-1")
        self.assertEqual(self.log_in("kasir-1", "sandi-desa-2026")[0], 200)
        for secret in ("kasir-1", "sandi-desa-2026", "salah-sekali-26"):
            self.assertNotIn(secret, json.dumps(self.server.log()))

    def test_verify_and_checkpoint(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        self.assertIn("head DESA:", self.lumbung("verify"))
        self.assertFalse([path for path in self.data.iterdir() if path.name.startswith("verify-")])
        self.lumbung("checkpoint", "copy")
        self.assertIn("DESA", self.expect(0, "coops", "--data", self.folder / "copy").stdout)
        for arguments in (("rebuild",), ("serve", "--listen", "127.0.0.1:0"), ("demo",)):
            run = self.expect(69, *arguments, "--data", self.data)
            self.assertNotEqual(run.stderr, "")

    def test_the_socket_is_the_owners_alone(self):
        self.assertEqual((self.data / "admin.sock").stat().st_mode & 0o777, 0o600)

    def ask_socket(self, request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.data / "admin.sock"))
            connection.sendall(request)
            return connection.makefile("rb").readline()

    def test_the_socket_takes_calls_and_nothing_else(self):
        for body in (b"", b"{}\n", b"[]\n", b'{"arguments":[],"directory":"/","files":[]}x\n',
                     b'{"arguments":["coops"],"directory":"/","files":[{"name":"-","bytes":9}]}\nx'):
            head = f"POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            self.assertIn(b" 400 ", self.ask_socket(head.encode() + body))
        self.assertIn(b" 404 ", self.ask_socket(b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n"))
        self.assertIn(b" 405 ", self.ask_socket(b"GET /run HTTP/1.1\r\nHost: x\r\n\r\n"))
        self.assertEqual(self.server.get("/run")[0], 404)  # not on the other listener
        self.lumbung("coops")


class Serving(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()

    def test_it_stops_when_told_and_goes_on_where_it_was(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            server = Server(self)
            self.assertEqual(server.get("/readyz")[0], 200)
            self.lumbung("post", stdin=line(f"k{how}", "100", "200-A", "1.00"))
            self.assertEqual(server.stop(how), 0)
            self.assertFalse((self.data / "admin.sock").exists())
        self.assertIn("2.00", self.lumbung("trial-balance"))

    def test_a_kill_loses_nothing(self):
        server = Server(self)
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00"))
        server.process.kill()
        server.process.wait()
        server = Server(self)  # over the socket that was left behind
        self.assertIn("known before", self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00")))
        self.assertEqual(server.stop(), 0)
        self.lumbung("verify")

    def test_the_log_is_json_without_secrets_and_opens_anew(self):
        self.lumbung("role", "grant", "pengawas-1", "auditor")
        token = self.lumbung("token", "create", "pengawas-1", "--quiet").strip()
        log = self.folder / "lumbung.log"
        server = Server(self, "--log-file", str(log), log=log)
        server.get("/v1/cooperatives/DESA/trial-balance?date=2025-01-02", token)
        log.rename(self.folder / "moved.log")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not log.exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        server.get("/healthz", token)
        self.assertEqual(server.stop(), 0)
        moved = (self.folder / "moved.log").read_text()
        self.assertNotIn(token, moved + log.read_text())
        entries = [json.loads(text) for text in (moved + log.read_text()).splitlines()]
        self.assertEqual([e["event"] for e in entries if "event" in e], ["serving", "stopping"])
        routes = [e["access"]["route"] for e in entries if "access" in e]
        self.assertEqual(routes, ["/v1/cooperatives/{coop}/trial-balance", "/healthz"])

    def test_where_it_cannot_listen(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.expect(69, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}")
        self.expect(78, "serve", "--data", self.data, "--listen", "nowhere")

    def test_systemd_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = str(self.folder / "notify.sock")
            notify.bind(path)
            notify.settimeout(START_TIMEOUT_S)
            self.env["NOTIFY_SOCKET"] = path
            server = Server(self)
            server.stop()
            told = []
            while not any("STOPPING=1" in message for message in told):
                told.append(notify.recv(4096).decode())
            self.assertTrue(any("READY=1" in message for message in told), told)


if __name__ == "__main__":
    main()
