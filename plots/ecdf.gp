# Distribution of raw samples: for each time the share of samples that took no
# longer. Steps, not lines: between two samples there is nothing. Columns: time
# share; one block a series.
set encoding utf8
set datafile missing 'NaN'
stats DATA using 1 nooutput
N = int(STATS_blocks)
FIRST = STATS_min
LAST = STATS_max
set terminal svg size 900,560 dynamic noenhanced font 'sans-serif,14' \
    background '#ffffff' linewidth 1.2
set output OUT
array COLOUR[8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, \
    0x56b4e9, 0xcc79a7, 0x7f7f7f, 0xf0e442]
C(i) = COLOUR[int(word(COLOURS, i))]
set title TITLE font ',16' offset 0,-0.3
set xlabel XLABEL textcolor rgb '#1c2530'
set ylabel YLABEL textcolor rgb '#1c2530'
set logscale x
set xrange [FIRST / 1.06 : LAST * 1.06]
set yrange [0:1.02]
set border 3 lc rgb '#5a6675'
set tics nomirror scale 0.4 textcolor rgb '#1c2530'
set grid xtics ytics lt 1 lc rgb '#e3e7ec'
# Round figures, more of them where the range is narrow.
set format x '%.1s %cs'
STEPS = LAST / FIRST < 4 ? '1 1.2 1.5 2 2.5 3 4 5 6 8' : \
    LAST / FIRST < 300 ? '1 2 5' : '1'
set xtics ()
do for [e=-10:4] {
    do for [m in STEPS] {
        set xtics add (m * 10.0 ** e)
    }
}
set ytics ('0' 0, '0.25' 0.25, 'median' 0.5, '0.75' 0.75, 'p95' 0.95, '' 1)
set key outside bottom center horizontal Left reverse samplen 2.4 \
    spacing 1.15 height 0.8 width 2 maxrows 8 maxcols 2
plot for [i=0:N-1] DATA index i using 1:2 with steps lw 1.8 \
    lc rgb C(i+1) title columnheader(1)
