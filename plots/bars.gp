# Bars of a value by case and series, with their intervals. Horizontal, so
# that long names stay legible. Columns: name place value low high peak.
set encoding utf8
set datafile missing 'NaN'
stats DATA using 2 nooutput
N = int(STATS_blocks)
ROWS = int(STATS_max)
PITCH = N > 1 ? 1.0 / (N + 0.6) : 0.62
HEIGHT = 130 + 26 * (N > 4 ? 4 : N < 1.6 ? 1.4 : N) * ROWS
set terminal svg size 900,HEIGHT dynamic noenhanced font 'sans-serif,14' \
    background '#ffffff' linewidth 1.2
set output OUT
array COLOUR[8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, \
    0x56b4e9, 0xcc79a7, 0x7f7f7f, 0xf0e442]
set title TITLE offset 0,-0.2
set xlabel XLABEL
set xrange [0:*]
set offsets 0, 0, 0, 0
set yrange [ROWS + 0.55 : 0.45]
set border 1 lc rgb '#5a6675'
set tics nomirror scale 0.4
set grid xtics lt 1 lc rgb '#e3e7ec'
set ytics ()
set bars 0.6
set style fill solid 0.9 noborder
set key outside bottom center horizontal Left reverse samplen 1.4 \
    maxrows 3 width 1
set lmargin at screen 0.27
set rmargin at screen 0.96
at(place, series) = place + (series - (N - 1) / 2.0) * PITCH
plot for [i=0:N-1] DATA index i \
        using (0):(at($2, i)):(0):3:(at($2, i) - 0.42 * PITCH): \
        (at($2, i) + 0.42 * PITCH):ytic(1) with boxxyerror \
        lc rgb COLOUR[i+1] title (N > 1 ? columnheader(1) : ''), \
    for [i=0:N-1] DATA index i \
        using 3:(at($2, i)):4:5 with xerrorbars pt 0 lw 1.3 \
        lc rgb '#1c2530' notitle, \
    for [i=0:N-1] DATA index i \
        using 6:(at($2, i)):(0):(PITCH * 0.46) with vectors nohead lw 2.4 \
        lc rgb '#000000' notitle, \
    for [i=0:N-1] DATA index i \
        using 6:(at($2, i)):(0):(-PITCH * 0.46) with vectors nohead lw 2.4 \
        lc rgb '#000000' notitle
