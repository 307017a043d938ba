"""A judge of HTTP/1.1 bytes: the grammar of RFC 9110 and 9112 as their authors wrote it for senders, with nothing
forgiven and nothing shared with the program under test. It reads what reached an origin, and what reached a client.

    messages, rest = requests(data)            # Broken is raised at the first byte that no sender may send
    messages, rest = responses(data, methods)  # methods: those of the requests, in order

With `loose` requests may also be what `h1-parsing haproxy` lets through by its meaning: without Host, with one of any
printable bytes, with user information, a TRACE with a body, a status below 100. Never what is read in two ways: one
framing, one Host, one host in the target.

`rest` is the beginning of a message that is not whole yet. A message tells how its body was delimited in `.framing`:
"none", "length", "chunked", "close".
"""
import dataclasses
import re

TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
METHOD_LINE = re.compile(rb"(" + TOKEN + rb") (\S+) (HTTP/1\.[01])")
STATUS_LINE = re.compile(rb"(HTTP/1\.[01]) ([0-9][0-9][0-9]) ([\t \x21-\x7e\x80-\xff]*)")
# RFC 9110 5.5: field-content begins and ends with a visible byte.
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*")
# RFC 3986; and what every browser sends besides ("[]\^`{|}" and quotes in a query, a lone "%"), which HAProxy passes.
PCHAR = rb"[A-Za-z0-9\-._~!$&'()*+,;=:@%/]"
BROWSERS = rb"[A-Za-z0-9\-._~!$&'()*+,;=:@%/\"<>\[\]\\^`{|}]"
ORIGIN_FORM = re.compile(rb"/" + BROWSERS + rb"*(\?(?:" + BROWSERS + rb"|\?)*)?")
ABSOLUTE_FORM = re.compile(rb"([A-Za-z][A-Za-z0-9+\-.]*)://([^/?@]+)(/" + BROWSERS + rb"*)?(\?(?:" + BROWSERS + rb"|\?)*)?")
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?")
LOOSE_HOST = re.compile(rb"(?:\[[^\x00-\x20\x7f-\xff#,/?@\\\[\]]*\](?::[^\x00-\x20\x7f-\xff#,/?@\\\[\]]*)?"
                        rb"|[^\x00-\x20\x7f-\xff#,/?@\\\[\]]*)")
LOOSE_ABSOLUTE = re.compile(rb"([A-Za-z][A-Za-z0-9+\-.]*)://(?:[^/?]*@)?([^/?@]*)(/" + BROWSERS + rb"*)?(\?(?:" + BROWSERS + rb"|\?)*)?")
CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})((?:[ \t]*;[ \t]*" + TOKEN + rb"(?:[ \t]*=[ \t]*(?:" + TOKEN
                   + rb"|\"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*\"))?)*)")
NEVER_TRAILERS = {b"content-length", b"transfer-encoding", b"host", b"trailer", b"connection", b"te", b"upgrade",
                  b"expect", b"authorization", b"set-cookie", b"cookie", b"content-type", b"content-encoding",
                  b"content-range", b"cache-control", b"range", b"max-forwards"}


class Broken(Exception):
    pass


class NotYet(Exception):
    pass


@dataclasses.dataclass
class Message:
    start: tuple
    fields: list
    body: bytes = b""
    trailers: list = dataclasses.field(default_factory=list)
    framing: str = "none"
    raw: bytes = b""

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name]

    def one(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def status(self):
        return int(self.start[1])

    def options(self):
        return [word.strip().lower() for value in self.all(b"connection") for word in value.split(b",") if word.strip()]


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def line(self):
        end = self.data.find(b"\n", self.at)
        if end < 0:
            raise NotYet
        if end == self.at or self.data[end - 1:end] != b"\r":
            raise Broken(f"a line feed alone ends {self.data[self.at:end]!r}")
        line = self.data[self.at:end - 1]
        if b"\r" in line:
            raise Broken(f"a carriage return inside {line!r}")
        self.at = end + 1
        return line

    def bytes(self, size):
        if len(self.data) - self.at < size:
            raise NotYet
        self.at += size
        return self.data[self.at - size:self.at]

    def fields(self):
        found = []
        while line := self.line():
            if line[:1] in b" \t":
                raise Broken(f"a folded line {line!r}")
            match = FIELD.fullmatch(line)
            if not match:
                raise Broken(f"not a field: {line!r}")
            found.append((match[1], match[2]))
        return found

    def chunks(self):
        body = b""
        while True:
            line = self.line()
            match = CHUNK.fullmatch(line)
            if not match:
                raise Broken(f"not a chunk size: {line!r}")
            size = int(match[1], 16)
            if size == 0:
                break
            body += self.bytes(size)
            if self.bytes(2) != b"\r\n":
                raise Broken("no CRLF after a chunk")
        trailers = self.fields()
        for name, _ in trailers:
            if name.lower() in NEVER_TRAILERS:
                raise Broken(f"{name!r} in the trailers")
        return body, trailers


def _framing(message, version):
    """(has chunked, length or None); what is ambiguous is broken."""
    codings, lengths = message.all(b"transfer-encoding"), message.all(b"content-length")
    if codings:
        if len(codings) > 1 or codings[0].lower() != b"chunked":
            raise Broken(f"Transfer-Encoding: {codings!r}")
        if lengths:
            raise Broken("Content-Length beside Transfer-Encoding")
        if version == b"HTTP/1.0":
            raise Broken("Transfer-Encoding in HTTP/1.0")
    if len(lengths) > 1:
        raise Broken(f"Content-Length: {lengths!r}")
    if lengths and not re.fullmatch(rb"0|[1-9][0-9]{0,18}", lengths[0]):
        raise Broken(f"Content-Length: {lengths[0]!r}")
    return bool(codings), int(lengths[0]) if lengths else None


def _one_hop(message):
    """What must not cross a proxy."""
    options = message.options()
    for option in options:
        if not re.fullmatch(TOKEN, option):
            raise Broken(f"Connection: {option!r}")
        if option not in (b"close", b"keep-alive", b"upgrade", b"te") and message.all(option):
            raise Broken(f"Connection names {option!r}, which is there")
    for name in (b"keep-alive", b"proxy-connection", b"http2-settings"):
        if message.all(name):
            raise Broken(f"{name!r} crossed the proxy")
    if message.all(b"upgrade") and b"upgrade" not in options:
        raise Broken("Upgrade without its connection option")
    if message.all(b"te") and b"te" not in options:
        raise Broken("TE without its connection option")
    if b"close" in options and b"keep-alive" in options:
        raise Broken("both close and keep-alive")


def _plain(scheme, authority):
    """RFC 9110 4.2.3: without letter case, and without a port that is empty or the scheme's."""
    host, colon, port = authority.lower().rpartition(b":")
    if colon and b"]" not in port and port in (b"", {b"http": b"80", b"https": b"443"}.get(scheme.lower(), b"")):
        return host
    return authority.lower()


def _connect(target, hosts, loose):
    if not (LOOSE_HOST if loose else HOST).fullmatch(target.rpartition(b"@")[2]) or not re.search(rb":[0-9]+$", target) \
            or (b"@" in target and not loose):
        raise Broken(f"CONNECT {target!r}")
    target = target.rpartition(b"@")[2].lower()
    if hosts and hosts[0].lower() not in (target, *([target.rpartition(b":")[0], target.rpartition(b":")[0] + b":"]
                                                    if target.endswith((b":80", b":443")) else [])):
        raise Broken(f"CONNECT {target!r} and Host: {hosts!r}")


def _request(reader, relayed, loose=False):
    begin = reader.at
    line = reader.line()
    match = METHOD_LINE.fullmatch(line)
    if not match:
        raise Broken(f"not a request line: {line!r}")
    method, target, version = match.groups()
    message = Message((method, target, version), reader.fields())
    hosts = message.all(b"host")
    if len(hosts) > 1 or (not hosts and version != b"HTTP/1.0" and not loose):
        raise Broken(f"{len(hosts)} Host fields")
    if hosts and not (LOOSE_HOST if loose else HOST).fullmatch(hosts[0]):
        raise Broken(f"Host: {hosts[0]!r}")
    absolute = (LOOSE_ABSOLUTE if loose else ABSOLUTE_FORM).fullmatch(target)
    if method == b"CONNECT":
        _connect(target, hosts, loose)
    elif target == b"*":
        if method != b"OPTIONS":
            raise Broken(f"* with {method!r}")
    elif absolute:
        if not (LOOSE_HOST if loose else HOST).fullmatch(absolute[2]) or (
                hosts and _plain(absolute[1], absolute[2]) != _plain(absolute[1], hosts[0])):
            raise Broken(f"{target!r} and Host: {hosts!r}")
    elif not ORIGIN_FORM.fullmatch(target):
        raise Broken(f"not a request target: {target!r}")
    if relayed:
        _one_hop(message)
    chunked, length = _framing(message, version)
    if chunked:
        message.framing = "chunked"
        message.body, message.trailers = reader.chunks()
    elif length is not None:
        message.framing = "length"
        message.body = reader.bytes(length)
    if method == b"TRACE" and message.body and not loose:
        raise Broken("TRACE with a body")
    message.raw = reader.data[begin:reader.at]
    return message


def requests(data, relayed=True, loose=False):
    reader, found = Reader(data), []
    while reader.at < len(data):
        begin = reader.at
        try:
            found.append(_request(reader, relayed, loose))
        except NotYet:
            return found, data[begin:]
    return found, b""


def _response(reader, method, closed, loose=False):
    begin = reader.at
    line = reader.line()
    match = STATUS_LINE.fullmatch(line)
    if not match or (match[2].startswith(b"0") and not loose):
        raise Broken(f"not a status line: {line!r}")
    message = Message(match.groups(), reader.fields())
    status = message.status
    _one_hop(message)
    chunked, length = _framing(message, match[1])
    if 100 <= status < 200 or status == 204:
        if chunked or length is not None:
            raise Broken(f"a length in a {status}")
    elif status == 304 or method == b"HEAD":
        pass
    elif chunked:
        message.framing = "chunked"
        message.body, message.trailers = reader.chunks()
    elif length is not None:
        message.framing = "length"
        message.body = reader.bytes(length)
    else:
        message.framing = "close"
        if b"close" not in message.options():
            raise Broken("a body until close without the word close")
        if not closed:
            raise NotYet
        message.body = reader.bytes(len(reader.data) - reader.at)
    message.raw = reader.data[begin:reader.at]
    return message


def responses(data, methods, closed=True, loose=False):
    """Final responses in order, each preceded in the list by its interim ones. More than was asked for is broken."""
    reader, found, waiting = Reader(data), [], list(methods)
    while reader.at < len(data):
        if not waiting:
            raise Broken(f"a response to nobody: {data[reader.at:reader.at + 60]!r}")
        begin = reader.at
        try:
            message = _response(reader, waiting[0], closed, loose)
        except NotYet:
            return found, data[begin:]
        found.append(message)
        if not 100 <= message.status < 200:
            waiting.pop(0)
        elif message.status == 101:
            return found, data[reader.at:]
    return found, b""
