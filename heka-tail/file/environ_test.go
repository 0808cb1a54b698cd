package file

import (
	"testing"

	"github.com/spf13/pflag"

	"heka/lib/stage"
)

// TestStateTwin wants the folder of positions not to be that of a daemon, whose clients
// find it by HEKA_STATE.
func TestStateTwin(t *testing.T) {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	Kind.New(fs)
	if got := fs.Lookup("state").Annotations[stage.EnvAnnotation]; len(got) != 1 || got[0] == "HEKA_STATE" {
		t.Error(got)
	}
}
