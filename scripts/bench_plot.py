"""The plots of scripts/bench as SVG: small, without scripts, readable on white and on black."""
import math

COLOURS = {"haproxy": "#8a8f98", "ringway": "#2f7fd0", "nginx": "#c9822b"}
OTHERS = ("#5a9e5f", "#a878c0", "#c05a78")
STYLE = ("<style>text{font:12px sans-serif;fill:#222}.s{font-size:10px;fill:#666}.t{font-weight:bold}.a{stroke:#888}"
         ".g{stroke:#8884;fill:none}.m{stroke:#222;stroke-width:2}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}.s{fill:#aaa}.m{stroke:#eee}}</style>")
# What ringway's cost relative to HAProxy's shall not exceed, by scenario.
TARGET = 1.0
TARGETS = {"small-c32": 0.85, "small-c512": 0.8, "spread-uri": 0.85, "servers-1000": 0.75, "logged": 0.75, "body-16k": 0.8,
           "body-1M": 0.38, "body-16M": 0.32, "splice-1M": 0.9, "splice-16M": 0.9, "post-1M": 0.6, "close": 0.85,
           "close-always": 0.45, "idle-4000": 0.54}


def colour_of(proxy, proxies):
    unknown = [one for one in proxies if one not in COLOURS]
    return COLOURS.get(proxy) or OTHERS[unknown.index(proxy) % len(OTHERS)]


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;")


def document(width, height, title, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
            f"<title>{escaped(title)}</title>{STYLE}" + "\n".join(parts) + "</svg>\n")


def legend(proxies, x, y):
    return [f'<rect x="{x + 90 * n}" y="{y - 9}" width="10" height="10" fill="{colour_of(proxy, proxies)}"/>'
            f'<text x="{x + 15 + 90 * n}" y="{y}">{escaped(proxy)}</text>' for n, proxy in enumerate(proxies)]


def bars(rows, proxies):
    """Cost relative to HAProxy: rows is {scenario: (what it is, key of the ratio, {proxy: figures})}; shorter is better."""
    compared = [proxy for proxy in proxies if proxy != "haproxy"]
    drawn = []
    for name, (what, key, sums) in rows.items():
        values = [(proxy, sums[proxy][key]) for proxy in compared if sums.get(proxy, {}).get(key)]
        if values:
            drawn.append((name, what, values))
    # Names, bars and figures have a column each: nothing is ever drawn across a figure.
    left, room, bar, top = 278, 360, 13, 64
    # A bar far beyond all others would make them all short: it is cut, and its figure says so.
    most = min(max([value for _, _, values in drawn for _, value in values] + [1.2]), 2.0)
    scale = room / most
    title = "Cost of a request relative to HAProxy (CPU time; memory where named)"
    mark = left + 90 * len(compared)
    parts = [f'<text x="12" y="18" class="t">{title}</text>', *legend(compared, left, 40),
             f'<path class="m" d="M{mark} 30v12"/><text x="{mark + 8}" y="40">ringway\'s target; shorter is better</text>']
    bottom = top + sum(bar * len(values) + 9 for _, _, values in drawn)
    ticks = [n / 2 for n in range(0, int(most * 2) + 1)]
    for tick in ticks:
        x = left + tick * scale
        parts += [f'<path class="{"a" if tick == 0 else "g"}" d="M{x:.1f} {top - 6}V{bottom - 6}"/>',
                  f'<text x="{x:.1f}" y="{bottom + 8}" class="s" text-anchor="middle">{tick:g}</text>']
    y = top
    for name, what, values in drawn:
        parts.append(f'<text x="{left - 8}" y="{y + bar * len(values) / 2 + 4:.0f}" text-anchor="end">{escaped(what)}</text>')
        for proxy, value in values:
            length = min(value, most) * scale
            end = (f'<path d="M{left + length:.1f} {y}l7 {(bar - 2) / 2}l-7 {(bar - 2) / 2}z" fill="{colour_of(proxy, proxies)}"/>'
                   if value > most else "")
            parts.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{bar - 2}" fill="{colour_of(proxy, proxies)}"/>'
                         f'{end}<text x="{left + room + 44}" y="{y + bar - 4}" class="s" text-anchor="end">{value:.2f}</text>')
            if proxy == "ringway":
                at = left + TARGETS.get(name, TARGET) * scale
                parts.append(f'<path class="m" d="M{at:.1f} {y - 2}V{y + bar}"/>')
            y += bar
        y += 9
    return document(left + room + 56, bottom + 16, title, parts)


def short(value):
    """1500 as 1.5k."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def panel(x, y, wide, high, one, proxies):
    name, unit, title, measure, lines = one
    points = [point for line in lines.values() for point in line]
    parts = [f'<text x="{x}" y="{y}" class="t">{escaped(name)}: {escaped(title)}, {measure}</text>']
    if not points:
        return parts + [f'<text x="{x}" y="{y + 20}" class="s">not measured</text>']
    steps = sorted({at for at, _ in points})
    first, last = math.log10(steps[0]), math.log10(steps[-1])
    values = [value for _, value in points]
    # Figures that span more than a factor of 30 are told apart on a logarithmic scale only.
    log = max(values) > 30 * min(values)
    low, high_value = (10 ** math.floor(math.log10(min(values))), max(values) * 1.1) if log else (0, max(values) * 1.1)

    def across(at):
        return x + 34 + (wide - 34) * ((math.log10(at) - first) / (last - first) if last > first else 0.5)

    def up(value):
        part = (math.log10(value / low) / math.log10(high_value / low)) if log else value / high_value
        return y + 12 + high * (1 - part)

    if log:
        marks = [10.0 ** n for n in range(round(math.log10(low)), math.floor(math.log10(high_value)) + 1)]
    else:
        size = 10 ** math.floor(math.log10(high_value))
        size = next(size * part for part in (0.2, 0.5, 1, 2) if high_value / (size * part) <= 5.5)
        marks = [n * size for n in range(0, int(high_value / size) + 1)]
    for mark in marks:
        parts.append(f'<path class="g" d="M{x + 34} {up(mark):.1f}H{x + wide}"/>'
                     f'<text x="{x + 30}" y="{up(mark) + 3:.1f}" class="s" text-anchor="end">{short(round(mark, 6))}</text>')
    for step in steps:
        parts.append(f'<text x="{across(step):.1f}" y="{y + high + 25}" class="s" text-anchor="middle">{short(step)}</text>')
    parts.append(f'<text x="{x + wide}" y="{y + high + 37}" class="s" text-anchor="end">{escaped(unit)}</text>')
    for proxy, line in lines.items():
        colour = colour_of(proxy, proxies)
        path = " ".join(f"{across(at):.1f},{up(value):.1f}" for at, value in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(at):.1f}" cy="{up(value):.1f}" r="2.5" fill="{colour}"/>' for at, value in line]
    return parts


def curves(panels, proxies):
    """How cost grows: panels of (part, unit across, metric, unit up, {proxy: [(step, value)]}), three to a row."""
    wide, high, columns = 230, 120, 3
    parts = legend(proxies, 14, 20)
    for n, one in enumerate(panels):
        parts += panel(14 + (n % columns) * (wide + 34), 52 + (n // columns) * (high + 62), wide, high, one, proxies)
    rows = (len(panels) + columns - 1) // columns
    return document(columns * (wide + 34) + 8, 52 + rows * (high + 62), "How cost grows, beside HAProxy", parts)
