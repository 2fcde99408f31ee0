"""Instruction counts by callgrind: steady where times are not. A stage is the difference between two runs, one of which does more."""

import re
import shutil
import subprocess


def count(stage, name, argv):
    out = stage.folder / f"callgrind.{name}"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *map(str, argv)], capture_output=True,
                          text=True, cwd=stage.folder)
    total = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode or not total:
        print(f"  callgrind of {name}: exit {done.returncode}: {done.stderr[-300:]}")
        return 0, out
    return int(total[1]), out


def heaviest(out, most=16):
    """Functions with what they call, ours and the libraries' doors, heaviest first."""
    text = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(out)], capture_output=True, text=True).stdout
    seen = []
    for line in text.splitlines():
        found = re.match(r"\s*([\d,]+) \(\s*([\d.]+)%\)\s+\S*?:(.*?)(?: \[([^\]]*)\])?$", line)
        if found and re.match(r"hallmark::|_dl_start|SSL_connect|d2i_|EVP_|OSSL_|curl_|RAND_|main|CONF_|OPENSSL_init", found[3]):
            seen.append((int(found[1].replace(",", "")), found[3].split("(")[0][:70]))
    return seen[:most]


def report(stage, hallmark, keys):
    if not shutil.which("valgrind"):
        print("\nSKIPPED instruction counts: valgrind is not installed")
        return []
    digest = stage.push_images("ggcr", "stages", 1)[0]
    http = f"{stage.hosts['ggcr', 'http']}/stages@{digest}"
    https = f"{stage.hosts['ggcr', 'https']}/stages@{digest}"
    layout = f"oci:{stage.folder}/stages:1"
    stage.run(str(hallmark), "sign", "--key", f"{keys}/key.key", http)
    stage.run(str(hallmark), "copy", http, layout)
    verify = [hallmark, "verify", "--key", f"{keys}/key.pub", "--format", "bundle"]
    runs = [
        ("start", "a process: load, link, print the version", [hallmark, "version"]),
        ("layout", "verify in a layout: read, hash, one signature", [*verify, layout]),
        ("http", "verify over HTTP: 3 requests", [*verify, http]),
        ("https", "verify over HTTPS: 3 requests, private CA", [*verify, "--registry-ca", stage.ca, https]),
    ]
    print("\ninstructions (callgrind), in millions")
    rows, start = [], 0
    for name, says, argv in runs:
        total, out = count(stage, name, argv)
        start = start or total
        rows.append({"tool": says, "instructions": total})
        print(f"  {says:50}{total / 1e6:9.2f}{'' if total == start else f'   {(total - start) / 1e6:.2f} above the start'}", flush=True)
    print("  heaviest in the last, with what they call:")
    for cost, name in heaviest(out):
        print(f"    {cost / 1e6:9.2f}  {name}")
    return [{"title": "instructions", "rows": rows}]
