module heka

go 1.26.8
