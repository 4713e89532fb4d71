# Speed-up over ranks against the ideal, both axes doubling. Points are
# measured and not joined; lines are fits. Columns: ranks speedup low high fit.
set encoding utf8
set datafile missing 'NaN'
stats DATA using 1 nooutput
N = int(STATS_blocks)
FIRST = STATS_min
LAST = STATS_max
set terminal svg size 900,620 dynamic noenhanced font 'sans-serif,14' \
    background '#ffffff' linewidth 1.2
set output OUT
array COLOUR[8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, \
    0x56b4e9, 0xcc79a7, 0x7f7f7f, 0xf0e442]
C(i) = COLOUR[int(word(COLOURS, i))]
set title TITLE font ',16' offset 0,-0.3
set xlabel XLABEL textcolor rgb '#1c2530'
set ylabel YLABEL textcolor rgb '#1c2530'
set logscale xy 2
set xrange [FIRST / 1.15 : LAST * 1.15]
set border 3 lc rgb '#5a6675'
set tics nomirror scale 0.4 textcolor rgb '#1c2530'
set grid xtics ytics lt 1 lc rgb '#e3e7ec'
set format x '%.0f'
set format y '%g'
set bars 0.5
set key outside bottom center horizontal Left reverse samplen 1.6 \
    spacing 1.15 height 0.8 width 2 maxrows 8 maxcols 2
plot x / FIRST with lines lw 1.5 lc rgb '#9aa5b1' title 'ideal', \
    for [i=0:N-1] DATA index i using 1:5 smooth unique with lines lw 1.6 \
        lc rgb C(i+1) notitle, \
    for [i=0:N-1] DATA index i using 1:2:3:4 with yerrorbars lw 1.3 \
        pt -1 lc rgb C(i+1) notitle, \
    for [i=0:N-1] DATA index i using 1:2 with points pt 7 ps 0.75 \
        lc rgb C(i+1) title columnheader(1)
