package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/prog"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// ackWords are the words with which each kind is tried: all that do not do without.
// A * is a folder of the run's own.
var ackWords = map[string][]string{
	"heka-decode regex": {`regex (?P<word>\w+)`},
	"heka-decode grok":  {"grok %{WORD:word}"},
	"heka-filter where": {"where .n>=4"},
	"heka-filter head":  {"head 30", "head 1 by .n"},
	"heka-filter sample": {
		"sample 50%", "sample 3", "sample 3 every 10s",
	},
	"heka-filter throttle": {"throttle 1/s"},
	"heka-filter dedupe":   {"dedupe by .n"},
	"heka-filter cut":      {"cut .n"},
	"heka-filter set":      {"set .a=1"},
	"heka-filter count":    {"count", "count by .n every 10s"},
	"heka-filter top":      {"top .n"},
	"heka-filter rate":     {"rate"},
	"heka-filter stats":    {"stats .n"},
	"heka-filter hist":     {"hist .n"},
	"heka-filter uniq":     {"uniq .n"},
	"heka-decode lua": {
		"lua ../../man/testdata/split.lua", "lua ../../man/testdata/hide.lua --stateless",
		"lua ../../man/testdata/hide.lua --preserve */state",
	},
	"heka-filter lua": {
		"lua http_status", "lua ../../man/testdata/total.lua --every 1s",
		"lua ../../man/testdata/total.lua --preserve */state --save-every 1s",
	},
	"heka-filter cbuf":   {"cbuf count by .n", "cbuf avg .n every 10s"},
	"heka-filter flight": {"flight .n==4", "flight .n>=3 by .n --last 2 --after 1"},
	"heka-filter anomaly": {
		`anomaly roc("r",1,1,0,5,false,false)`,
		`anomaly roc("r",1,1,0,5,true,true) count by .n every 1s`,
	},
	"heka-filter pattern":    {"pattern", "pattern top every 1s"},
	"heka-filter statmetric": {"statmetric counter c", "statmetric statsd every 1s"},
	"heka-filter cost":       {"cost by .n", "cost .n>4 --fields every 10s"},
	"heka-route route": {
		".n>=4", "--to .n>=4=>*/to.heka", "--to .n>=4=>*/to --to .n<2=>*/more.heka --tee",
		"--to TRUE=>|cat --else */else.heka",
	},
	"heka-out file": {
		"- --encoder ../../man/testdata/line.lua", "*/f.txt --encoder ../../man/testdata/line.lua",
		"-", "- -o json", "- -o table", "- -o heka", "*/f.heka", "*/f.json", "*/f.csv", "*/f.json.gz",
		"*/f.heka --fsync never", "*/f.heka --fsync batch", "*/f.heka --fsync close",
		"*/f.json --fsync close --rotate-size 100", "*/%{n}.csv --max-files 2",
		"*/%{n}.heka", "*/f.json --rotate-every 1s --clock data",
	},
}

// TestAcks wants every kind of every program to carry acknowledgements on: a
// position that does not move is a source that starts again from the beginning.
func TestAcks(t *testing.T) {
	var in []msg.Message
	for i, m := range stagetest.Payloads("a,b", "1,2", "", "{}", "x=1 y", "- -", "3,4", "end") {
		m.Timestamp += int64(i) * 1e9
		m.Fields = []msg.Field{{Name: "n", Value: int64(i)}}
		in = append(in, m)
	}
	for _, w := range front.Wings {
		if w.Role == prog.Source {
			continue
		}
		for _, k := range w.Kinds {
			if k.Name == "heka" {
				continue // its peer acknowledges: see its own tests
			}
			lines := ackWords[w.Name+" "+k.Name]
			if lines == nil {
				lines = []string{k.Name}
			}
			for _, line := range lines {
				t.Run(strings.ReplaceAll(w.Name+" "+line, "/", ":"), func(t *testing.T) {
					stagetest.Acks(t, func(env *stage.Env) []stage.Stage {
						return ackStages(t, w, line, env)
					}, in...)
				})
			}
		}
	}
}

// ackStages returns what w does with a line of words, and a sink if it is none.
func ackStages(t *testing.T, w prog.Wing, line string, env *stage.Env) []stage.Stage {
	t.Helper()
	words := strings.Fields(strings.ReplaceAll(line, "*", t.TempDir()))
	c, err := w.Parse(words, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	c.Env.Stdout, c.Env.Pool = null, stage.NewPool(8)
	env.Pool, env.DataTime = c.Env.Pool, c.Env.DataTime
	if w.Role == prog.Sink {
		return c.Stages
	}
	return append(c.Stages, stage.Output(c.Env, io.Discard))
}

// TestNoAcks wants nothing acknowledged of what a disk did not take.
func TestNoAcks(t *testing.T) {
	for _, w := range front.Wings {
		if w.Role != prog.Sink {
			continue
		}
		for _, line := range []string{
			"/dev/full -o json", "/dev/full -o json --fsync never", "/dev/full -o heka --fsync batch",
		} {
			env := &stage.Env{}
			p := stagetest.NewPositions(env, stagetest.Payloads("a", "b", "c")...)
			stages := append([]stage.Stage{p}, ackStages(t, w, line, env)...)
			err := stage.Run(t.Context(), env, stages...)
			if got := p.Ranges(); err == nil || len(got) > 0 {
				t.Errorf("%s %s: acknowledged %v, and ended with %v", w.Name, line, got, err)
			}
		}
	}
}
