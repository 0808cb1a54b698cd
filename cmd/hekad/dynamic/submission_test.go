package dynamic

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heka/cmd/hekad/api"
	"heka/lib/sandbox/asked"
	"heka/lib/stage"
)

func TestSubmission(t *testing.T) {
	f := func(text string, want api.Filter) {
		t.Helper()
		want.Script = script
		got, err := Submission(text, script)
		if err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	// As Heka's manual has them.
	f("[CounterSandbox]\ntype = \"SandboxFilter\"\nmessage_matcher = \"Type == 'hekabench'\"\n"+
		"ticker_interval = 1\nfilename = \"../../etc/x\"\npreserve_data = true\ncan_exit = true\n"+
		"instruction_limit = 5\noutput_limit = 5\nmodule_directory = \"/\"\nscript_type = \"lua\"\n"+
		"timer_event_on_shutdown = true\nmemory_limit = 8388608\n"+
		"[CounterSandbox.config]\nrows = 1440\nname = \"x\"\nnumber = \"5\"\nbool = \"true\"\nquoted = '\"q\"'\n"+
		"yes = true\nf = 1.5\n",
		api.Filter{
			Name: "CounterSandbox", Match: "Type == 'hekabench'", Every: "1s", Preserve: true,
			TimerAtEnd: true, Memory: "8388608", Config: map[string]string{
				"rows": "1440", "name": "x", "number": `"5"`, "bool": `"true"`, "quoted": `""q""`,
				"yes": "true", "f": "1.5",
			},
		})
	f("['a b']\ntype='SandboxFilter'\nmessage_matcher='TRUE'\nevery='500ms'\nmemory_limit='8MiB'\n",
		api.Filter{Name: "a b", Match: "TRUE", Every: "500ms", Memory: "8MiB"})
	f("[a]\ntype='SandboxFilter'\nticker_interval=0.5\n", api.Filter{Name: "a", Every: "500ms"})
}

func TestSubmissionRefuses(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		_, err := Submission(text, script)
		var usage *stage.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	const head = "[a]\ntype = 'SandboxFilter'\n"
	f("", "no section describes the filter")
	f(head+"[b]\ntype = 'SandboxFilter'\n", "there are 2 sections: a, b")
	f("[a]\ntype = 'SandboxDecoder'", `Plugin must be a SandboxFilter, received "SandboxDecoder"`)
	f("[a]\n", `Plugin must be a SandboxFilter, received ""`)
	f(head+"script_type = '/../../x'", `script_type: "/../../x" is not known`)
	f(head+"message_signer = 'ops'", "message_signer: a loaded filter can't")
	f(head+"mesage_matcher = 'TRUE'", `config:3:1: "a.mesage_matcher" is no option of a loaded filter; did you mean message_matcher?`)
	f(head+"rows = 5", "what the script reads with read_config stands in [NAME.config]")
	f(head+"ticker_interval = -1", "ticker_interval: want a number of seconds")
	f(head+"ticker_interval = '1s'", "ticker_interval: want a number of seconds")
	f(head+"ticker_interval = 1\nevery = '1s'", "every and ticker_interval say the same")
	f(head+"ticker_interval = nan", "ticker_interval: want a number of seconds")
	f(head+"memory_limit = -1", "memory_limit: want a number of bytes")
	f(head+"memory_limit = 0", "memory_limit: want a number of bytes")
	f(head+"[a.config]\nx = [1]", "config.x: a script can't read a list")
	f(head+"[a.config]\nx = {y = 1}", "config.x: a script can't read a table")
	f(head+"[a.config]\nx = 2026-01-01", "config.x: a script can't read a time")
	f("a = 1", "config:1:")
	f("[a", "config:1:")
	f(head+"type = 'x'", "config:")
	f("# "+strings.Repeat("x", maxTOML), "at most 65536 are taken")
	f("[a]\nx="+strings.Repeat("[", 60000), "config:")
}

func FuzzSubmission(f *testing.F) {
	f.Add("[a]\ntype = 'SandboxFilter'\nmessage_matcher = 'TRUE'\n[a.config]\nx = 1\n", "x = 1")
	f.Add("[a]\nscript_type = '/../../x'", "")
	f.Fuzz(func(t *testing.T, text, script string) {
		got, err := Submission(text, script)
		var usage *stage.UsageError
		if err != nil && !errors.As(err, &usage) {
			t.Errorf("%v", err)
		}
		if err != nil {
			return
		}
		if got.Signer != "" || got.Replace {
			t.Errorf("%+v", got)
		}
		for k, v := range got.Config {
			_ = asked.Value(v)
			if k == "" && Check(got) == nil {
				t.Error("an entry without a name")
			}
		}
	})
}

// TestTyped wants texts to come to the script as the texts that they are.
func TestTyped(t *testing.T) {
	for _, text := range []string{"", "x", "5", "1e3", "true", "false", `"x"`, `'x'`, `"`, `'`, `""`, "nan", "0x10", "inf", " 5"} {
		if got := asked.Value(typed(text)); got != text {
			t.Errorf("%q: %v", text, got)
		}
	}
}
