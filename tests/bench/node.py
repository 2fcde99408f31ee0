#!/usr/bin/env python3
"""usage: node.py [BUILD]   what a policy and a decision cost a node, in instructions (callgrind): steady, so they have limits

Loading 1,000 and 10,000 rules, against yaml-cpp's bare parse of the same text; a decision over 10,000; and hallmark-verifier (the static one, where
it was built) that looks an image up, and that remembers it while the registry is gone. The last part needs root."""
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from own_machine import REGISTRY, Node, enter, request_for, start_registry

BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve()
BARE_MOST, GROWTH_MOST, DECISION_MOST = 1.5, 11, 1_000_000
HIT_MOST = 10_000_000  # about 4 ms

failed = []


def count(*argv, **options):
    """Instructions of all processes of a run, and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={folder}/out.%p", *map(str, argv)],
                              capture_output=True, text=True, check=False, **options)
    return sum(int(number) for number in re.findall(r"Collected : (\d+)", done.stderr)), done


def cpu_ms(command, descriptor, before_each=lambda: None):
    """The least of twenty runs, of the process and its children."""
    costs = []
    for _ in range(20):
        before_each()
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(list(map(str, command)), input=descriptor, capture_output=True, text=True, check=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime)
    return 1000 * min(costs)


def limit(what, value, most, shown):
    print(f"  {what:62} {shown:>12}")
    if value > most:
        failed.append(f"{what}: {shown}, at most {most:,} is allowed")


def policy_cost():
    subprocess.run(["cmake", "--build", BUILD, "--target", "policy_cost"], check=True, stdout=subprocess.DEVNULL)
    program = BUILD / "tests/bench/policy_cost"

    def cost(what, rules):
        instructions, done = count(program, what, rules)
        if done.returncode:
            sys.exit(f"policy_cost {what} {rules}: exit {done.returncode}: {done.stderr[-300:]}")
        return instructions

    nothing = {rules: cost("text", rules) for rules in (1_000, 10_000)}
    load = {rules: cost("load", rules) - nothing[rules] for rules in nothing}
    bare = cost("bare", 1_000) - nothing[1_000]
    decision = (cost("decide", 10_000) - load[10_000] - nothing[10_000]) / 1_000
    print("\na policy, instructions")
    limit("1,000 rules loaded, to yaml-cpp's bare parse", load[1_000] / bare, BARE_MOST, f"{load[1_000] / bare:.2f}x")
    limit("10,000 rules, to 1,000", load[10_000] / load[1_000], GROWTH_MOST, f"{load[10_000] / load[1_000]:.2f}x")
    limit("a decision over 10,000 rules", decision, DECISION_MOST, f"{decision:,.0f}")


def verifier_cost():
    enter("busybox", "valgrind")
    static = ROOT / "build/static/hallmark-verifier"
    verifier = static if static.exists() else BUILD / "cmd/containerd_verifier/hallmark-verifier"
    with tempfile.TemporaryDirectory(prefix="hallmark-bench.") as text:
        folder = pathlib.Path(text)
        registry = start_registry(folder)
        try:
            node = Node(folder, BUILD / "cmd/hallmark/hallmark")
            arguments, descriptor = request_for(f"{REGISTRY}/shop/api:1", node.push_signed("good"))
            command = [verifier, *arguments]
            looked_up = cpu_ms(command, descriptor, node.forget)  # the last is remembered
            registry.terminate()
            registry.wait()
            hit, done = count(*command, input=descriptor)
            print(f"\nhallmark-verifier, {'static' if static.exists() else 'with shared libraries'}, least of 20 runs")
            if done.returncode or "decided earlier" not in done.stderr:
                failed.append(f"a remembered decision needs no registry: exit {done.returncode}, said {done.stdout!r}")
            print(f"  {'looked up, over HTTP, CPU time':62} {looked_up:9.1f} ms\n  {'remembered, CPU time':62} {cpu_ms(command, descriptor):9.1f} ms")
            limit("remembered, the registry being gone, instructions", hit, HIT_MOST if static.exists() else 10 * HIT_MOST, f"{hit:,}")
        finally:
            registry.terminate()


def main():
    if os.environ.get("HALLMARK_OWN_MACHINE") != "yes":
        policy_cost()
        sys.stdout.flush()
        if failed:
            print("\n".join(f"FAIL over budget: {each}" for each in failed), file=sys.stderr)
            sys.exit(1)
    verifier_cost()
    for each in failed:
        print(f"FAIL over budget: {each}", file=sys.stderr)
    sys.exit(1 if failed else 0)


main()
