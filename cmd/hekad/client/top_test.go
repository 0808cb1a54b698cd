package client

import (
	"strings"
	"testing"

	"heka/cmd/hekad/api/apitest"
)

func TestTopPrints(t *testing.T) {
	state, _ := serve(t, &apitest.Daemon{OnStatus: clock(quiet)})
	code, out, errs := hekad(t, "top", "--count", "2", "--every", "50ms", "--sort", "out", "--state", state)
	if code != 0 || errs != "" {
		t.Errorf("status %d, %s", code, errs)
	}
	want(t, "top", out, `
2026-03-01T13:00:01Z
node    state    in/s  out/s     in  out    bytes
status  running   11k    0.1  39.6M  360  14.1GiB
nginx   running     -   0.03      -  100        -

2026-03-01T13:00:02Z
node    state    in/s  out/s     in  out    bytes
status  running   11k      -  39.6M  360  14.1GiB
nginx   running     -      -      -  100        -

`)
	if strings.Contains(out, "\x1b") {
		t.Errorf("sequences in a file: %q", out)
	}
}
