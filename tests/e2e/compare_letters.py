"""Tells what two proxies make of the table of misbehaviours: python3 compare_letters.py [PROGRAM...] (default: ours and HAProxy)."""
import shutil
import sys

import conftest
import letters_rig
import letters_rows
import letters_tunnel

rows = letters_rows.ROWS + letters_tunnel.ROWS
programs = [word for word in sys.argv[1:] if not word.startswith("=")] or [str(conftest.PROGRAM), shutil.which("haproxy") or "/usr/sbin/haproxy"]
names = [word[1:] for word in sys.argv[1:] if word.startswith("=")]
rows = [row for row in rows if not names or row.name in names]
found = [letters_rig.outcomes(program, rows) for program in programs]
for row in rows:
    said = [one[row.name] for one in found]
    same = said[0] == row.wanted and said[-1] in (row.wanted, row.theirs) or said[0] == row.wanted and row.theirs == "*"
    print(f"{'  ' if same else '* '}{row.name}")
    if not same:
        print(f"      wanted: {row.wanted}")
        for program, text in zip(programs, said):
            print(f"      {program[-10:]:>10}: {text}")
