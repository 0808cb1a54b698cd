package prog

import (
	"os"
	"runtime/pprof"
)

// Profile writes a CPU profile of the run into the file that HEKA_CPUPROFILE names,
// if it names one, for `go tool pprof`. What it returns ends the profile.
func Profile() (stop func(), err error) {
	name := os.Getenv("HEKA_CPUPROFILE")
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		f.Close()
	}, nil
}
