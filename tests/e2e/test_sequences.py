"""tests/wire/sequences.tsv over real sockets: where one message ends and the next begins is agreed by all, however the
writes fall, and what follows a refusal is never served."""
import judge
import wire
from test_hostile import expected, rig  # noqa: F401 (a fixture)


def one_step(client, methods, count, answers, script):
    """Sends a step and waits for its answers; returns what is wrong."""
    sent = client.send(wire.pieces(script))
    if answers == "-":
        if not client.silent(0.03):
            return [f"answered too early: {client.data[-200:]!r}, {client.how}"]
        return []
    if answers == "closed":
        client.closed()
        found, rest = client.finals(methods)
        return [] if len(found) == count and not rest else [f"served behind the end: {found[count:]} {rest[:200]!r}"]
    statuses = [status for status, _ in expected(answers)[0]]
    found, rest = client.until(count + len(statuses), methods)
    faults = [] if sent else ["could not be sent"]
    if [each.status for each in found[count:]] != statuses:
        faults.append(f"answered {[each.status for each in found[count:]]}, left over {rest[:200]!r}")
    if not expected(answers)[1] and not client.closed():
        faults.append("the connection stays open")
    return faults


def one_sequence(one, name, steps):
    """Runs one row; returns what is wrong with it."""
    origin = one.origin
    origin.begin()
    raw = wire.plain(steps[1])
    methods = [b"HEAD" if raw.startswith(b"HEAD ") else b"GET"] + [b"GET"] * len(steps)
    faults, served = [], []
    with wire.Client(one.port) as client:
        try:
            for answers, script in zip(steps[::2], steps[1::2]):
                count = len(client.finals(methods)[0])
                faults += one_step(client, methods, count, answers, script)
                if answers not in ("-", "closed"):
                    served += [body for status, body in expected(answers)[0] if status == 200]
            if steps[-2].startswith("200") and "closed" not in steps[-2]:
                count = len(client.finals(methods)[0])
                faults += wire.next_is_answered(client, count, methods)
        except judge.Broken as fault:
            faults.append(f"the client got {fault}")
    wrong, seen, _ = wire.reached(origin, served)
    faults += wrong
    if any(b"smuggled" in each.start[1] for each in seen):
        faults.append(f"a smuggled request reached the origin: {[each.raw[:200] for each in seen]}")
    if not wire.settles(one.pid):
        faults.append("busy afterwards")
    return [f"{name}: {fault}" for fault in faults]


def test_sequences_row_by_row(rig):  # noqa: F811
    one = rig()
    wrong, count = [], 0
    for name, _, *steps in wire.rows("sequences.tsv"):
        wrong += one_sequence(one, name, steps)
        count += 1
        assert one.running, f"ended at {name}"
    assert not wrong, f"{len(wrong)} faults in {count} rows:\n" + "\n".join(wrong)
    assert count > 50
