#!/usr/bin/env bash
# draw.sh FILE.dot: the diagram as SVG, without a background, in colours that
# follow the reader's screen: ink on light, chalk on dark.
set -eu -o pipefail
dot -Tsvg -Gbgcolor=transparent -Gfontname=serif -Nfontname=serif \
    -Efontname=serif -Nshape=box -Nstyle=rounded "$1" |
    sed '1,/^<svg/{/^<svg/!d}
        /^<g id="graph0"/i\
<style>\
text { fill: #24211d } [stroke="black"] { stroke: #24211d }\
[fill="black"] { fill: #24211d }\
@media (prefers-color-scheme: dark) {\
text { fill: #dcd8d0 } [stroke="black"] { stroke: #dcd8d0 }\
[fill="black"] { fill: #dcd8d0 }\
}\
</style>'
