#!/usr/bin/env python3
"""What hallmark costs, side by side with cosign and notation, in one run on one registry with the same images.

    tests/bench/bench.py [--hallmark BINARY] [--runs N] [--batch N] [--smoke] [--json FILE] [--no-callgrind]

Each figure is the median of N whole processes: CPU (user and system), wall time, peak memory; requests and bytes are counted by an
nginx before the registry. Ratios are to cosign. Figures are printed, never judged, except the requests, which are steady: more than
the budget makes it exit with 1. `--smoke` runs everything once on few images. Needs nginx, docker-registry, openssl, a C++ compiler
and the peers of tests/interop/peers/install.sh; valgrind for the instruction counts.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import statistics
import sys

import instructions
import stage as stages
import tools

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Most requests a verification by digest may make: (registry kind, format, told the format). By tag: one more.
BUDGET = {
    ("ggcr", "bundle", False): 4, ("ggcr", "bundle", True): 3, ("docker", "bundle", False): 5, ("docker", "bundle", True): 4,
    ("ggcr", "simple", False): 4, ("ggcr", "simple", True): 3, ("docker", "simple", False): 4, ("docker", "simple", True): 3,
}
KINDS = {"docker": "docker-registry, fallback tag", "ggcr": "referrers API"}


class Bench:
    def __init__(self, stage, options):
        self.stage, self.options = stage, options
        self.results, self.over_budget, self.failed = [], [], []
        stage.run(os.environ.get("CXX", "c++"), "-std=c++17", "-O2", "-o", "measure", str(ROOT / "tests/bench/measure.cpp"),
                  cwd=stage.folder)
        self.keys = stage.folder / "keys"
        self.keys.mkdir()
        self._make_keys()
        self.tools = [tools.Hallmark(options.hallmark, self.keys), tools.HallmarkFormat(options.hallmark, self.keys),
                      tools.HallmarkPlainKey(options.hallmark, self.keys), tools.Cosign(self.keys), tools.Notation(self.keys)]
        self.static = None
        if options.static.exists():
            self.static = tools.Hallmark(options.static, self.keys, "hallmark, static")
            self.tools += [self.static, tools.HallmarkWithBundle(options.static, self.keys, "  with a CA bundle")]

    def _make_keys(self):
        run, folder = self.stage.run, self.keys
        pem = run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        (folder / "plain.pem").write_text(pem)
        (folder / "plain.pem").chmod(0o600)
        run("cosign", "import-key-pair", "--key", "plain.pem", "--output-key-prefix", "key", cwd=folder)
        run("notation", "setup", str(folder / "notation"))

    # -- measuring -----------------------------------------------------------------------------------------------------

    def measure(self, argv, environment=None):
        out = self.stage.folder / "out"
        cost = json.loads(self.stage.run(str(self.stage.folder / "measure"), str(out), *argv, env={**os.environ, **(environment or {})}))
        if cost["exit"]:
            raise RuntimeError(f"{' '.join(argv)}: exit {cost['exit']}: {out.read_text(errors='replace')[-400:]}")
        return cost

    def compare(self, title, kind, scheme, commands, runs=None):
        """commands: [(tool name, function from run number to argv, what is set in its environment)]. Tools take turns, so that what else the machine does hits all."""
        costs, traffic = {name: [] for name, *_ in commands}, {}
        for number in range(runs or self.options.runs):
            for name, command, *environment in commands:
                self.stage.forget_traffic(kind, scheme)
                try:
                    costs[name].append(self.measure(command(number), *environment))
                except RuntimeError as error:
                    self.failed.append(f"{title}, {name}: {error}")
                    continue
                traffic[name] = self.stage.traffic(kind, scheme)
        rows = []
        for name, *_ in commands:
            if costs[name]:
                median = {what: statistics.median(cost[what] for cost in costs[name]) for what in ("cpu", "wall", "rss_kib")}
                rows.append({"tool": name, **median, **{what: traffic[name][what] for what in ("requests", "bytes", "lines")}})
        self.report(title, rows)
        return {row["tool"]: row for row in rows}

    def report(self, title, rows):
        self.results.append({"title": title, "rows": [{k: v for k, v in row.items() if k != "lines"} for row in rows]})
        cosign = next((row for row in rows if row["tool"].startswith("cosign")), None)
        print(f"\n{title}\n{'':26}{'CPU ms':>9}{'wall ms':>10}{'peak MiB':>10}{'requests':>10}{'bytes':>11}{'CPU :':>9}{'memory :':>10}")
        for row in rows:
            line = (f"  {row['tool']:24}{row['cpu'] * 1e3:9.1f}{row['wall'] * 1e3:10.1f}{row['rss_kib'] / 1024:10.1f}"
                    f"{row['requests']:10}{row['bytes']:11}")
            if cosign and row["cpu"] and row["rss_kib"]:
                line += f"{cosign['cpu'] / row['cpu']:8.1f}x{cosign['rss_kib'] / row['rss_kib']:9.1f}x"
            print(line, flush=True)

    def check_budget(self, title, row, most):
        if row and row["requests"] > most:
            self.over_budget.append(f"{title}: {row['tool'].strip()} made {row['requests']} requests, at most {most} are allowed: "
                                    + ", ".join(row["lines"]))

    # -- what is measured ----------------------------------------------------------------------------------------------

    def ca(self, scheme):
        return self.stage.ca if scheme == "https" else None

    def sign_and_verify(self, kind, scheme):
        host, runs = self.stage.hosts[kind, scheme], min(self.options.sign_runs, self.options.runs)
        for form in ("bundle", "simple"):
            where = f"{form}, {scheme} ({KINDS[kind]})"
            commands = []
            for number, tool in enumerate(self.tools):
                repository = f"sign/{form}/{scheme}/{number}"
                if tool.sign(form, "", None):
                    digests = self.stage.push_images(kind, repository, runs)
                    commands.append((tool.name, lambda run, tool=tool, repository=repository, digests=digests: tool.sign(
                        form, f"{host}/{repository}@{digests[run]}", self.ca(scheme))))
            self.compare(f"cold sign, {where}", kind, scheme, commands, runs)

            # All verify the same image, and each finds beside it only its own kind of signature: JWS lies elsewhere.
            repository = f"verify/{form}/{scheme}"
            digest = self.stage.push_images(kind, repository, 1)[0]
            other = self.stage.push_images(kind, repository + "/jws", 1)[0]
            self.stage.run(*tools.Cosign(self.keys).sign(form, f"{host}/{repository}@{digest}", self.ca(scheme)))
            self.stage.run(*tools.Notation(self.keys).sign(form, f"{host}/{repository}/jws@{other}", self.ca(scheme)))
            for by, extra in (("digest", 0), ("tag", 1)):
                def reference(tool):
                    place, of = (f"{repository}/jws", other) if isinstance(tool, tools.Notation) else (repository, digest)
                    return f"{host}/{place}" + (f"@{of}" if by == "digest" else ":0")
                title = f"cold verify by {by}, {where}"
                rows = self.compare(title, kind, scheme, [
                    (tool.name, lambda run, tool=tool: tool.verify(form, [reference(tool)], self.ca(scheme)), tool.environment)
                    for tool in self.tools if tool.verify(form, [""], self.ca(scheme))])
                for told, name in ((False, self.tools[0].name), (True, self.tools[1].name)):
                    self.check_budget(title, rows.get(name), BUDGET[kind, form, told] + extra)
                if self.static:
                    self.check_budget(title, rows.get(self.static.name), BUDGET[kind, form, False] + extra)

    def batch(self, kind, scheme, form):
        host, count = self.stage.hosts[kind, scheme], self.options.batch
        repository = f"batch/{form}/{scheme}"
        references = [f"{host}/{repository}@{digest}" for digest in self.stage.push_images(kind, repository, count)]
        signer = tools.HallmarkPlainKey(self.options.hallmark, self.keys)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:  # each waits to see its signature stay: together
            list(pool.map(lambda reference: self.stage.run(*signer.sign(form, reference, self.ca(scheme))), references))
        listed = self.stage.folder / "list"
        listed.write_text("\n".join(references) + "\n")
        cosign = tools.Cosign(self.keys)
        where = f"{count} images, {form}, {scheme} ({KINDS[kind]})"
        rows = self.compare(f"verify {where}, one process", kind, scheme, [
            ("hallmark --from-file", lambda run: self.tools[0].verify_list(listed, self.ca(scheme))),
            *([("  static", lambda run: self.static.verify_list(listed, self.ca(scheme)))] if self.static else []),
            ("cosign, all arguments", lambda run: cosign.verify(form, references, self.ca(scheme)))], min(3, self.options.runs))
        self.stage.forget_traffic(kind, scheme)
        total = {"tool": f"cosign, {count} processes", "cpu": 0.0, "wall": 0.0, "rss_kib": 0}
        for reference in references:
            cost = self.measure(cosign.verify(form, [reference], self.ca(scheme)))
            total["cpu"] += cost["cpu"]
            total["wall"] += cost["wall"]
            total["rss_kib"] = max(total["rss_kib"], cost["rss_kib"])
        total.update(self.stage.traffic(kind, scheme))
        one = rows.get("hallmark --from-file")
        self.report(f"verify {where}, against a process each", ([one] if one else []) + [total])

    def sizes(self):
        print("\nbinary sizes")
        for name in (str(self.options.hallmark), *([self.static.binary] if self.static else []), "cosign", "notation"):
            path = pathlib.Path(shutil.which(name))
            libraries = [pathlib.Path(word) for word in os.popen(f"ldd '{path}' 2>/dev/null").read().split() if word.startswith("/")]
            shared = sum(each.resolve().stat().st_size for each in libraries)
            row = {"tool": path.name, "bytes": path.stat().st_size, "libraries": len(libraries), "library_bytes": shared}
            self.results.append({"title": "binary size", "rows": [row]})
            print(f"  {path.name:24}{row['bytes'] / 2**20:9.1f} MiB and {len(libraries)} shared libraries of {shared / 2**20:.1f} MiB")


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hallmark", default=os.environ.get("HALLMARK", ROOT / "build/release/cmd/hallmark/hallmark"),
                        type=pathlib.Path)
    parser.add_argument("--static", default=ROOT / "build/static/hallmark", type=pathlib.Path,
                        help="the static build, which takes part where it is there")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--sign-runs", type=int, default=3, help="each waits to see its signature stay")
    parser.add_argument("--batches", type=int, default=3, help="how many of: bundle http, bundle https, simple http")
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--smoke", action="store_true", help="once, on few images: the budgets hold and the table prints")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures here")
    parser.add_argument("--parts", default="single,batch,sizes,instructions", help="which to run (all)")
    chosen = parser.parse_args()
    if chosen.smoke:
        chosen.runs, chosen.batch, chosen.parts = 1, 5, "single,batch,sizes"
    return chosen


def main():
    chosen = options()
    peers = os.environ.get("HALLMARK_PEERS") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "hallmark-peers")
    os.environ["PATH"] = f"{peers}/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
    missing = [name for name in ("cosign", "notation", "ggcr-registry", "docker-registry", "nginx", "openssl") if not shutil.which(name)]
    if missing or not shutil.which(chosen.hallmark):
        print(f"SKIPPED bench: not installed: {', '.join(missing) or chosen.hallmark}")
        return 1 if os.environ.get("CI") == "true" else 0
    with stages.Stage() as stage:
        # A bundle named by SSL_CERT_FILE is parsed at every start, 40 ms of it: with Debian's own settings there is none.
        for name in [name for name in os.environ if name.lower().endswith("_proxy") or name.startswith(("HALLMARK", "COSIGN", "SSL_CERT"))]:
            del os.environ[name]
        os.environ.update(HOME=str(stage.folder), XDG_RUNTIME_DIR=str(stage.folder), COSIGN_PASSWORD="correct-horse")
        bench = Bench(stage, chosen)
        parts = chosen.parts.split(",")
        for kind, scheme in [(kind, scheme) for kind in KINDS for scheme in ("http", "https")] if "single" in parts else []:
            bench.sign_and_verify(kind, scheme)
        batches = (("bundle", "http"), ("bundle", "https"), ("simple", "http"))[:chosen.batches]
        for form, scheme in batches if "batch" in parts else []:
            bench.batch("docker", scheme, form)
        if "sizes" in parts:
            bench.sizes()
        if "instructions" in parts:
            bench.results += instructions.report(stage, chosen.hallmark, bench.keys)
        if chosen.json:
            chosen.json.write_text(json.dumps(bench.results, indent=1) + "\n")
    for each in bench.failed:
        print(f"FAIL {each}", file=sys.stderr)
    for each in bench.over_budget:
        print(f"FAIL over budget: {each}", file=sys.stderr)
    if not bench.over_budget and not bench.failed:
        print("\nok bench: every request budget is kept")
    return 1 if bench.over_budget or bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
