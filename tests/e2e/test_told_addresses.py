"""option forwardfor and option originalto beside HAProxy: every mixture of what a frontend and a backend may ask for, and what
the server is told of clients and of where they came to."""
import http.client
import json
import itertools

from conftest import PATIENCE
from rules_rig import Echo
from test_beside_haproxy import CONFIG, both, pytestmark  # noqa: F401 (a fixture, and what it needs)

ASKED = [
    "", "option forwardfor", "option forwardfor if-none", "option forwardfor header X-Client", "option forwardfor except 127.0.0.2",
    "option forwardfor except 127.0.0.0/30 header X-Client if-none", "option originalto", "option originalto header X-To",
    "option originalto except 127.0.0.3", "option originalto except 127.0.0.0/8 header X-To",
    "option forwardfor header X-Both\n    option originalto header X-Both",
]
NAMES = {"x-forwarded-for", "x-client", "x-original-to", "x-to", "x-both"}


def told(port, source, came_to, fields):
    """The fields with addresses as they reached the server, in their order."""
    link = http.client.HTTPConnection(came_to, port, timeout=5 * PATIENCE, source_address=(source, 0))
    try:
        link.request("GET", "/", headers=fields)
        seen = json.loads(link.getresponse().getheader("X-Echo"))
    finally:
        link.close()
    return [(name.lower(), value) for name, value in seen["fields"] if name.lower() in NAMES]


def test_what_servers_are_told_of_addresses(both):  # noqa: F811
    echo = Echo()
    pairs = list(itertools.product(range(len(ASKED)), repeat=2))
    text = CONFIG
    for n, asked in enumerate(ASKED):
        for m in range(len(ASKED)):
            text += f"frontend f{n}_{m}\n    bind 0.0.0.0:{{p{n}_{m}}}\n    {asked}\n    default_backend b{m}\n"
    for m, asked in enumerate(ASKED):
        text += f"backend b{m}\n    {asked}\n    server s 127.0.0.1:{echo.port}\n"
    (_, theirs), (_, ours) = both(text, [f"p{n}_{m}" for n, m in pairs])
    wrong, some = [], 0
    for n, m in pairs:
        for source, came_to, fields in (("127.0.0.1", "127.0.0.1", {}), ("127.0.0.2", "127.0.0.3", {}),
                                        ("127.0.0.9", "127.0.0.1", {"X-Forwarded-For": "192.0.2.1", "X-Client": "c", "X-To": "t"})):
            case = source, came_to, fields
            expected, got = told(theirs[f"p{n}_{m}"], *case), told(ours[f"p{n}_{m}"], *case)
            some += len(expected)
            if got != expected:
                wrong.append(f"{ASKED[n]!r} then {ASKED[m]!r}, {case}: {got}, HAProxy {expected}")
    assert not wrong, f"{len(wrong)} of {3 * len(pairs)}:\n" + "\n".join(wrong[:20])
    assert some > 300
