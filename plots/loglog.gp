# A value over message size, both axes logarithmic. Points are measured and
# not joined; lines are fits. Columns: bytes value low high fit. The last word
# of the label is the value's unit, without a prefix.
set encoding utf8
set datafile missing 'NaN'
stats DATA using 1 nooutput
N = int(STATS_blocks)
FIRST = STATS_min
LAST = STATS_max
set terminal svg size 900,600 dynamic noenhanced font 'sans-serif,14' \
    background '#ffffff' linewidth 1.2
set output OUT
array COLOUR[8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, \
    0x56b4e9, 0xcc79a7, 0x7f7f7f, 0xf0e442]
C(i) = COLOUR[int(word(COLOURS, i))]
set title TITLE font ',16' offset 0,-0.3
set xlabel XLABEL textcolor rgb '#1c2530'
set ylabel YLABEL textcolor rgb '#1c2530'
set logscale xy
set xrange [FIRST / 1.4 : LAST * 1.4]
set border 3 lc rgb '#5a6675'
set tics nomirror scale 0.4 textcolor rgb '#1c2530'
set grid xtics ytics lt 1 lc rgb '#e3e7ec'
set xtics ('1 B' 1, '8 B' 8, '64 B' 64, '512 B' 512, '4 KiB' 4096, \
    '32 KiB' 32768, '256 KiB' 262144, '2 MiB' 2097152, '16 MiB' 16777216, \
    '128 MiB' 134217728, '1 GiB' 1073741824, '8 GiB' 8589934592.)
set format y '%.0s %c'.word(YLABEL, words(YLABEL))
set bars 0.5
set key outside bottom center horizontal Left reverse samplen 1.6 \
    spacing 1.15 height 0.8 width 2 maxrows 8 maxcols 3
plot for [i=0:N-1] DATA index i using 1:5 smooth unique with lines lw 1.6 \
        lc rgb C(i+1) notitle, \
    for [i=0:N-1] DATA index i using 1:2:3:4 with yerrorbars lw 1.3 \
        pt -1 lc rgb C(i+1) notitle, \
    for [i=0:N-1] DATA index i using 1:2 with points pt 7 ps 0.7 \
        lc rgb C(i+1) title columnheader(1)
