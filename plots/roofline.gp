# Roofline: rate over arithmetic intensity, both axes logarithmic. Blocks: the
# corners of the drawing (x y); roofs and slopes (x y x y); labels of roofs,
# then of slopes (x y text); then one block a series: intensity rate low high,
# and the rate again where the point is not to be quoted.
set encoding utf8
set datafile missing 'NaN'
stats DATA index 0 using 1 name 'X' nooutput
stats DATA index 0 using 2 name 'Y' nooutput
N = words(MARKS)
KEYROWS = (N + 1) / 2
HEIGHT = 570 + 22 * KEYROWS
TOP = 45
BOTTOM = HEIGHT - 490
set terminal svg size 900,HEIGHT dynamic noenhanced font 'sans-serif,14' \
    background '#ffffff' linewidth 1.2
set output OUT
array COLOUR[8] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, \
    0x56b4e9, 0xcc79a7, 0x7f7f7f, 0xf0e442]
C(i) = COLOUR[int(word(COLOURS, i))]
M(i) = int(word(MARKS, i))
LEFT = 0.12
RIGHT = 0.75
set lmargin at screen LEFT
set rmargin at screen RIGHT
set tmargin at screen 1 - TOP / real(HEIGHT)
set bmargin at screen BOTTOM / real(HEIGHT)
# A slope of one decade a decade, on the paper.
PI2 = 180 / pi
ANGLE = atan2((HEIGHT - TOP - BOTTOM) / log10(Y_max / Y_min), \
    900 * (RIGHT - LEFT) / log10(X_max / X_min)) * PI2
set title TITLE font ',16' offset 0,-0.3
set xlabel XLABEL textcolor rgb '#1c2530' offset 0,0.2
set ylabel YLABEL textcolor rgb '#1c2530' offset 0.5,0
set logscale xyy2
set xrange [X_min : X_max]
set yrange [Y_min : Y_max]
set y2range [Y_min : Y_max]
set border 3 lc rgb '#5a6675'
set tics nomirror scale 0.4 textcolor rgb '#1c2530'
set grid xtics ytics lt 1 lc rgb '#e3e7ec'
set format x '%g'
set format y '%.0s %cFLOP/s'
set y2tics () scale 0 offset -0.8,0
set key font ',12' at screen 0.5, screen 14 / real(HEIGHT) center bottom horizontal \
    Left reverse samplen 1 spacing 1.15 width 0 maxrows KEYROWS maxcols 2
plot DATA index 1 using 1:2:($3-$1):($4-$2) with vectors nohead lw 1.8 \
        lc rgb '#5a6675' notitle, \
    DATA index 2 using 1:2:y2tic(3) axes x1y2 with points pt 0 notitle, \
    DATA index 3 using 1:2:3 with labels left rotate by ANGLE offset 0,1.0 \
        font ',12' textcolor rgb '#3a4553' notitle, \
    for [i=1:N] DATA index i+3 using 1:2:3:4 with yerrorbars pt 0 lw 1.2 \
        lc rgb C(i) notitle, \
    for [i=1:N] DATA index i+3 using 1:2 with points pt M(i) ps 0.85 \
        lc rgb C(i) title columnheader(1), \
    for [i=1:N] DATA index i+3 using 1:5 with points pt 2 ps 1.3 lw 1.3 \
        lc rgb '#1c2530' notitle
