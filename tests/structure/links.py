#!/usr/bin/env python3
"""Follows the relative links of the pages: links.py ROOT. Prints file:line of each that leads nowhere, and every page
under docs/ that no link from README.md reaches; exit 1."""
import pathlib
import re
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|/")
SKIPPED = ("build", ".git")


def lines_of(page):
    """The lines outside of code blocks, with their numbers; code within a line is taken out."""
    fence = False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.lstrip().startswith("```"):
            fence = not fence
        elif not fence:
            yield number, line


def anchors_of(page):
    """Headings as GitHub names them: lower case, spaces to hyphens, other signs dropped, a repeated one numbered."""
    anchors = set()
    for _, line in lines_of(page):
        if match := re.match(r"#{1,6}\s+(.*?)\s*#*$", line):
            text = LINK.sub(lambda link: link[0][1 : link[0].index("]")], match[1]).lower()
            slug = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            anchor, count = slug, 0
            while anchor in anchors:
                count += 1
                anchor = f"{slug}-{count}"
            anchors.add(anchor)
    return anchors


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    pages = [page for page in sorted(root.rglob("*.md")) if page.relative_to(root).parts[0] not in SKIPPED]
    breaches, leads = [], {}
    for page in pages:
        for number, line in lines_of(page):
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                if ABSOLUTE.match(target):
                    continue
                path, _, anchor = target.partition("#")
                file = (page.parent / path).resolve() if path else page
                where = f"{page.relative_to(root)}:{number}: {target}"
                if not file.exists() or not file.is_relative_to(root):
                    breaches.append(f"{where} is not there")
                elif anchor and anchor not in anchors_of(file):
                    breaches.append(f"{where} is no heading of {file.relative_to(root)}")
                else:
                    leads.setdefault(page, set()).add(file)
    reached, pending = set(), [root / "README.md"]
    while pending:
        page = pending.pop()
        if page not in reached:
            reached.add(page)
            pending.extend(leads.get(page, ()))
    for page in pages:
        if page.is_relative_to(root / "docs") and page not in reached:
            breaches.append(f"{page.relative_to(root)}: no link from README.md leads here")
    print("\n".join(breaches) if breaches else f"links: those of {len(pages)} pages lead somewhere")
    sys.exit(1 if breaches else 0)


main()
