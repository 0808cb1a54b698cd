//go:build !race

package main

// raceDetector says that the programs are to be built with it as well.
const raceDetector = false
