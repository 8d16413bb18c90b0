"""Charts as SVG that come out the same byte for byte from the same numbers.

Colours are those of Okabe and Ito (2008), which stay apart for colour-blind readers; every series has a marker shape of
its own besides. The background is white, so that a chart reads the same on a light and on a dark page.
"""
import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402  (the backend comes first)

matplotlib.rcParams.update({
    "svg.hashsalt": "wengert",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
})

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")
# Series in the order of a race's tapes; the first is our own.
STYLES = [(BLUE, "o"), (VERMILION, "s"), (GREEN, "^"), (ORANGE, "D"), (PURPLE, "v"), (SKY, "P"), (BLACK, "x"), (BLACK, "+")]
LINE_STYLES = [(GREEN, "^"), (VERMILION, "s"), (BLUE, "o"), (PURPLE, "D")]


def plain(number, _=None):
    return f"{number:g}"


def save(figure, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    pyplot.close(figure)


def logarithmic(axis, ticks):
    axis.set_xscale("log")
    axis.xaxis.set_major_locator(ticker.FixedLocator(ticks))
    axis.xaxis.set_major_formatter(plain)
    axis.xaxis.set_minor_locator(ticker.NullLocator())


def dots(path, title, rows, series, panels, label, line=None, ticks=None):
    """One row a workload, one dot a series, one panel beside another.

    rows: their names, the first on top. series: pairs (key, title). panels: pairs (title, {row: {key: number}}); a number
    may be a triple (middle, low, high), drawn with its range.
    """
    figure, axes = pyplot.subplots(1, len(panels), sharey=True, squeeze=False,
                                   figsize=(max(7.2, 4.6 * len(panels)), 1.4 + 0.3 * len(rows)))
    for axis, (panel_title, cells) in zip(axes[0], panels):
        for y in range(0, len(rows), 2):
            axis.axhspan(y - 0.5, y + 0.5, color="#f3f3f3", linewidth=0)
        if line is not None:
            axis.axvline(line, color="#777777", linewidth=1)
        numbers = []
        for index, (key, name) in reversed(list(enumerate(series))):
            colour, marker = STYLES[index % len(STYLES)]
            points = [(y, cells.get(row, {}).get(key)) for y, row in enumerate(rows)]
            points = [(y, (x, x, x) if isinstance(x, (int, float)) else x) for y, x in points if x]
            if not points:
                continue
            numbers += [x for _, x in points]
            own = index == 0
            # A little apart in height, so that equal numbers stay visible.
            heights = [y + (0 if own else 0.5 * (index - len(series) / 2) / len(series)) for y, _ in points]
            axis.hlines(heights, [x[1] for _, x in points], [x[2] for _, x in points], color=colour, linewidth=1.2)
            axis.plot([x[0] for _, x in points], heights, marker, color=colour, label=name, markersize=7.5 if own else 5.5,
                      markeredgewidth=1.4 if marker in "x+" else 0.5, markeredgecolor=colour if marker in "x+" else "white")
        low, high = min(x[1] for x in numbers), max(x[2] for x in numbers)
        axis.set_ylim(len(rows) - 0.5, -0.5)
        logarithmic(axis, [tick for tick in ticks if low / 1.3 <= tick <= high * 1.3])
        axis.set_xlim(low / 1.15, high * 1.15)
        axis.set_xlabel(label)
        axis.set_title(panel_title, fontsize=9)
        axis.grid(axis="x", color="#dddddd", linewidth=0.6)
        axis.tick_params(axis="y", length=0)
    axes[0][0].set_yticks(range(len(rows)), rows)
    handles, names = axes[0][0].get_legend_handles_labels()
    figure.suptitle(title, fontsize=11, x=0.5, y=1.0)
    figure.tight_layout(rect=(0, 0.06, 1, 1))
    figure.legend(handles[::-1], names[::-1], loc="lower center", ncols=min(8, len(series)), frameon=False,
                  handletextpad=0.2, columnspacing=1.2)
    save(figure, path)


def lines(path, title, panels, x_label, y_label, dashed=()):
    """Lines over logarithmic axes; panels: pairs (title, [(name, xs, ys)]), names in the same order in each."""
    figure, axes = pyplot.subplots(1, len(panels), sharey=True, squeeze=False, figsize=(max(6.4, 3.4 * len(panels)), 3.9))
    for axis, (panel_title, series) in zip(axes[0], panels):
        for (colour, marker), (name, xs, ys) in zip(LINE_STYLES, series):
            plain_line = name not in dashed
            axis.plot(xs, ys, color=colour if plain_line else "#777777", marker=marker if plain_line else None,
                      linestyle="-" if plain_line else "--", markersize=4.5, linewidth=1.4, label=name)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_major_formatter(plain)
        axis.yaxis.set_minor_locator(ticker.NullLocator())
        axis.set_title(panel_title, fontsize=9)
        axis.set_xlabel(x_label)
        axis.grid(color="#dddddd", linewidth=0.6)
    axes[0][0].set_ylabel(y_label)
    figure.suptitle(title, fontsize=11, x=0.5, y=1.0)
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    handles, names = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="lower center", ncols=len(names), frameon=False)
    save(figure, path)
