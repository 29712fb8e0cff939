# A squad of three on its way, as ns-2 and SUMO's exporter write it: out of the cell, across the street, and back.
$node_(0) set X_ 300
$node_(0) set Y_ 200
$node_(1) set X_ 310
$node_(1) set Y_ 210
$node_(2) set X_ 310
$node_(2) set Y_ 190
$ns_ at 5 "$node_(0) setdest 500 200 10"
$ns_ at 5 "$node_(1) setdest 510 210 10"
$ns_ at 5 "$node_(2) setdest 510 190 10"
$ns_ at 70 "$node_(0) setdest 300 200 10"
$ns_ at 70 "$node_(1) setdest 310 210 10"
