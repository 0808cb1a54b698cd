package file

import (
	"fmt"
	"os"
	"os/signal"
	"testing"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// childEnv names a DEST: this test binary, run again, writes to it under a limit
// of size, as on a disk that is full.
const childEnv = "HEKA_TEST_LIMITED"

func TestMain(m *testing.M) {
	if dest := os.Getenv(childEnv); dest != "" {
		signal.Ignore(unix.SIGXFSZ)
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 50_000, Max: 50_000}); err != nil {
			panic(err)
		}
		fmt.Println(runLimited(dest))
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
