#!/usr/bin/env python3
"""usage: generate.py HALLMARK HALLMARK-VERIFIER DIR

Writes the manual pages into DIR: hallmark(1), one for each command (hallmark-verify(1), hallmark-policy-check(1), …) and
hallmark-verifier(8), from what the programs say on --help, and the exit codes from docs/outcomes.md."""
import pathlib
import re
import subprocess
import sys

OUTCOMES = pathlib.Path(__file__).resolve().parents[1] / "outcomes.md"
SECTION = re.compile(r"([A-Z][A-Za-z ]*):")
ENTRY = re.compile(r"  (\S.*?)(?: {2,}(.*))?")
VALUE = re.compile(r"[A-Z][A-Z/=.\[\]-]*")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text.startswith((".", "'")) else text


def names(text):
    """"-k,--key KEY": flags bold, what stands for a value italic."""
    words = text.replace(",", ", ").split() if text.startswith("-") else [text]
    return " ".join(f"\\fI{escape(word)}\\fR" if VALUE.fullmatch(word) else f"\\fB{escape(word)}\\fR" for word in words)


def sections_of(help_text):
    """The description, the usage, and [(title, [lines])]."""
    description, rest = help_text.split("\nUsage: ", 1)
    usage, _, rest = rest.partition("\n")
    sections = []
    for line in rest.splitlines():
        title = SECTION.fullmatch(line)
        if title:
            sections.append((title.group(1), []))
        elif line.strip():
            sections[-1][1].append(line)
    return description.strip(), usage.strip(), sections


def entries_of(lines):
    entries = []
    for line in lines:
        if line.startswith(" " * 20):
            entries[-1][1].append(line.strip())
            continue
        name, text = ENTRY.fullmatch(line).groups()
        entries.append((name.strip(), [text] if text else []))
    return entries


def paragraphs(text):
    return "\n.PP\n".join(escape(" ".join(part.split())) for part in text.split("\n\n"))


def exit_codes():
    lines = []
    for code, words, when in re.findall(r"^\| (\d+) \| (.*?) \| (.*?) \|$", OUTCOMES.read_text(encoding="utf-8"), re.M):
        text = f"{words}: {when}" if when else words
        lines += [".TP", f"\\fB{code}\\fR", escape(text.replace("`", ""))]
    return lines


def page(command, number, manual, help_text, version, children):
    name = "-".join(command)
    description, usage, sections = sections_of(help_text)
    summary, _, more = description.partition("\n\n")
    summary = " ".join(summary.split()).rstrip(".")
    for prefix in ("hallmark ", "hallmark-verifier "):
        summary = summary.removeprefix(prefix)
    out = [f'.TH {name.upper()} {number} "" "hallmark {version}" "{manual}"',
           ".SH NAME", f"{escape(name)} \\- {escape(summary[0].lower() + summary[1:])}",
           ".SH SYNOPSIS", f"\\fB{escape(' '.join(command))}\\fR {escape(usage.removeprefix(' '.join(command)).strip())}"]
    if more:
        out += [".SH DESCRIPTION", paragraphs(more)]
    for title, lines in sections:
        if title == "Examples":
            out += [".SH EXAMPLES", ".EX", *(escape(line.strip()) for line in lines), ".EE"]
            continue
        out.append(f".SH {title.upper()}")
        for entry, text in entries_of(lines):
            out += [".TP", names(entry), escape(" ".join(text))]
    if number == 1:
        out += [".SH EXIT STATUS", *(exit_codes() if len(command) == 1 else ["See \\fBhallmark\\fR(1)."])]
    else:
        out += [".SH EXIT STATUS", "0 admits. See \\fBhallmark\\fR(1) for the other codes."]
    if number == 8:
        related = ["hallmark(1)", "hallmark-doctor(1)", "hallmark-policy-explain(1)"]
    else:
        related = [f"{name}-{child}(1)" for child in children]
        related += [f"{'-'.join(command[:-1])}(1)"] if len(command) > 1 else ["hallmark-verifier(8)"]
    out += [".SH SEE ALSO", ",\n".join(re.sub(r"(.*)\(", r"\\fB\1\\fR(", escape(other)) for other in related)]
    return "\n".join(out) + "\n"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    hallmark, verifier, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("hallmark*.[18]"):
        stale.unlink()
    said = lambda *command: subprocess.run(command, capture_output=True, text=True, check=False).stdout
    version = said(hallmark, "version").split()[-1]

    def write(command):
        text = said(hallmark, *command[1:], "--help")
        listed = [lines for title, lines in sections_of(text)[2] if title == "Commands"]
        children = [name.split(",")[0] for name, _ in entries_of(listed[0])] if listed else []
        (folder / f"{'-'.join(command)}.1").write_text(page(command, 1, "User Commands", text, version, children), encoding="utf-8")
        for child in children:
            write(command + [child])

    write(["hallmark"])
    text = said(verifier, "--help")
    (folder / "hallmark-verifier.8").write_text(page(["hallmark-verifier"], 8, "System Administration", text, version, []), encoding="utf-8")


main()
