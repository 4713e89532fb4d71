# Bars of a value by case and series, with their intervals. Horizontal, so
# that long names stay legible. The first block lists the cases: name place
# reference (NaN: none); then one block a series: name place value low high.
set encoding utf8
set datafile missing 'NaN'
stats DATA using 2 nooutput
N = int(STATS_blocks) - 1
ROWS = int(STATS_max)
PITCH = N > 1 ? 1.0 / (N + 0.7) : 0.6
HEIGHT = 120 + 24 * ((N + 1) / 2) + ROWS * (N > 1 ? 19 * N + 12 : 34)
set terminal svg size 900,HEIGHT dynamic noenhanced font 'sans-serif,14' \
    background '#ffffff' linewidth 1.2
set output OUT
array COLOUR[8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, \
    0x56b4e9, 0xcc79a7, 0x7f7f7f, 0xf0e442]
C(i) = COLOUR[int(word(COLOURS, i))]
set title TITLE font ',16' offset 0,-0.3
set xlabel XLABEL textcolor rgb '#1c2530'
set xrange [0:*]
set yrange [ROWS + 0.5 : 0.5]
set border 1 lc rgb '#5a6675'
set tics nomirror scale 0.4 textcolor rgb '#1c2530'
set grid xtics lt 1 lc rgb '#e3e7ec'
set ytics () scale 0
set bars 0.6
set style fill solid 0.9 noborder
set key outside bottom center horizontal Left reverse samplen 1.4 \
    spacing 1.15 height 0.8 width 2 maxrows 4
set lmargin at screen 0.3
set rmargin at screen 0.95
at(place, series) = place + (series - (N + 1) / 2.0) * PITCH
plot for [i=1:N] DATA index i \
        using (0):(at($2, i)):(0):3:(at($2, i) - 0.44 * PITCH): \
        (at($2, i) + 0.44 * PITCH) with boxxyerror lc rgb C(i) \
        title (N > 1 ? columnheader(1) : ''), \
    for [i=1:N] DATA index i using 3:(at($2, i)):4:5 with xerrorbars \
        pt 0 lw 1.3 lc rgb '#1c2530' notitle, \
    DATA index 0 using (0):2:ytic(1) with points pt 0 notitle, \
    DATA index 0 using 3:($2 - 0.45):(0):(0.9) with vectors nohead lw 2 \
        dt (6,4) lc rgb '#1c2530' title columnheader(1)
