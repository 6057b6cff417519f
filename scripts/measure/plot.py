# SPDX-License-Identifier: LGPL-2.1-or-later
"""A plot of the series of a run, by gnuplot."""

import shutil
import subprocess

SCRIPT = """set terminal svg size 900,380 font 'sans-serif,13' background 'white'
set output '{output}'
set multiplot layout 1,{panels}
set grid
set logscale x
set key below
"""

PANELS = {
    "guests": ("set title 'by the number of guests at once'; set yrange [0:*]",
               (("start of each, ms", "start_ms", 1), ("supervisor, 10 KiB (PSS)", "pss_kib", 0.1),
                ("list, ms", "list_ms", 1))),
    "devices": ("set title 'by the number of disks in a document'; set yrange [0:*]",
                (("argv for each disk, microseconds", "device_ms", 1000),)),
}


def script(series, output):
    shown = [name for name in PANELS if series.get(name)]
    text = SCRIPT.format(output=str(output).replace("'", "''"), panels=len(shown))
    for name in shown:
        settings, lines = PANELS[name]
        text += settings + "\n"
        for _, key, factor in lines:
            text += f"${name}_{key} << END\n" + "".join(
                f"{point['count']} {point[key] * factor:.4f}\n" for point in series[name] if point[key] > 0) + "END\n"
        text += "plot " + ", ".join(f"${name}_{key} with linespoints linewidth 2 title '{title}'"
                                    for title, key, _ in lines) + "\n"
    return text + "unset multiplot\n"


def draw(series, output):
    """Returns whether there is a plot, else says why."""
    if not any(series.get(name) for name in PANELS):
        return False, "no row with a plot was measured"
    if not shutil.which("gnuplot"):
        return False, "there is no gnuplot (Debian's package gnuplot-nox)"
    subprocess.run(["gnuplot"], input=script(series, output), text=True, check=True)
    return True, ""
