package scripts_test

import (
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heka/lib/msg"
	"heka/lib/sandbox"
)

// required are the options without which scripts do not start.
var required = map[string]map[string]any{
	"filter/unique_items":          {"message_variable": "Fields[status]"},
	"filter/frequent_items":        {"message_variable": "Fields[status]", "min_output_weight": 0.0},
	"filter/stat_graph":            {"stats": "status code", "stat_labels": "a b"},
	"filter/cbufd_host_aggregator": {"rows": 5.0, "max_hosts": 9.0},
	"filter/procstat":              {"extras": true},
	"decoder/nginx_access":         {"log_format": `$remote_addr [$time_local] "$http_user_agent"`},
	"decoder/apache_access":        {"log_format": `%h %t \"%{User-Agent}i\"`},
	"decoder/rsyslog":              {"template": "%HOSTNAME% %TIMESTAMP% %msg%"},
	"decoder/json":                 {"map_fields": true, "Timestamp": "time", "Severity": "level", "Hostname": "host"},
}

// payloads are a little like those that scripts look for.
var payloads = []string{
	"", "\x00\xff", "[1,[2]]", strings.Repeat(`{"a":`, 500), `{"host":{},"short_message":"x","level":[],"time":{}}`,
	`{"short_message":"x","host":7,"timestamp":"1e300","_":null}`,
	`{"rows":3,"columns":1,"seconds_per_row":60,"time":1,"column_info":[{"name":"x","unit":"c","aggregation":"sum"}]}` +
		"\n1795341600\t5\n-1e300\tnan\n",
	`{"rows":3,"columns":1,"seconds_per_row":60,"time":1e999,"column_info":[{"name":{},"aggregation":"max"}]}` + "\n1\t1\n",
	`{"annotations":[]}` + "\n" + `{"time":1e308,"seconds_per_row":1e308,"column_info":[1]}` + "\n1\n2\n",
	`{"decoders":[{"Name":"N","ProcessMessageFailures":{"value":-5}},5,{"Name":7}],"inputs":{"a":1},"filters":"x"}`,
	"cpu 1 2\ncpu0\n", "MemTotal: 1 kB\nMemFree:", "Tcp: a b\nTcp: 1 2 3\nUdp:", "face |a|b\n lo: 1 2 3\n",
	"# User@Host: a[a] @ [1]\n# Query_time: 1  Lock_time: 1 Rows_sent: 1  Rows_examined: 1\n" +
		"SET timestamp=99999999999999999999;\nx",
	"1.1 1.1 1.1 1/1 1", strings.Repeat("9 ", 400), "2014/01/10 07:04:56 [notice] 1#0: x",
}

var (
	fieldName = regexp.MustCompile(`Fields\[(\w+)\]`)
	quoted    = regexp.MustCompile(`"(\w+)"`)
)

// fieldNames returns what source may look for in messages.
func fieldNames(source string) []string {
	names := []string{"status", "code", "payload_name", "timestamp", "", "a]b", "cpu", "cpu0"}
	for _, re := range []*regexp.Regexp{fieldName, quoted} {
		for _, m := range re.FindAllStringSubmatch(source, -1) {
			if !slices.Contains(names, m[1]) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

var oddValues = []any{
	int64(0), int64(-1), int64(404), int64(math.MinInt64), math.NaN(), math.Inf(1), math.Inf(-1), 1e308, 0.5, 77.7,
	"", "x", "%", "a\nb\x00", "1e5", true, []byte{0xff}, []any{int64(1), int64(2)}, []any{"a", "b"}, []any{1.5},
}

// odd returns a message with some of the fields; most of the time they are numbers.
func odd(r *rand.Rand, names []string) msg.Message {
	m := msg.Message{
		Timestamp: 1_795_341_600e9 + r.Int64N(3600e9), Payload: pick(r, payloads),
		Type: pick(r, []string{"", "x", "%{y}"}), Logger: pick(r, []string{"", "x"}),
		Hostname: pick(r, []string{"", "a", "b\n"}), Severity: r.Int64N(20) - 5, Pid: r.Int64N(20) - 5,
	}
	if r.IntN(20) == 0 {
		m.Timestamp = pick(r, []int64{0, math.MinInt64, math.MaxInt64, -1})
	}
	sane := r.IntN(2) == 0
	for _, name := range names {
		switch {
		case sane:
			m.Fields = append(m.Fields, msg.Field{Name: name, Value: r.Float64() * 1000})
		case r.IntN(2) == 0:
			m.Fields = append(m.Fields, msg.Field{Name: name, Value: pick(r, oddValues)})
		}
	}
	return m
}

// TestHostile wants of each script that no message ends it, whatever stands in it.
func TestHostile(t *testing.T) {
	each(t, func(t *testing.T, use, name, source string) {
		c := sandbox.Config{
			Name: name, Values: required[use+"/"+name], Limits: sandbox.DefaultLimits,
			Inject: func(*msg.Builder) error { return nil }, Output: func([]byte) error { return nil },
		}
		for _, u := range []sandbox.Use{sandbox.Filter, sandbox.Encoder, sandbox.Decoder} {
			if u.String() == use {
				c.Use = u
			}
		}
		s, err := sandbox.Load(name, c.Use)
		if err != nil {
			t.Fatal(err)
		}
		box, err := s.New(c)
		if err != nil {
			t.Fatal(err)
		}
		defer box.Close()
		names := fieldNames(source)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 400 {
			m := odd(r, names)
			var v msg.View
			v.Reset(m.Append(nil)[msg.HeaderSize:])
			if _, err := box.Process(&v); err != nil {
				t.Fatalf("%v\nof %+v", err, m)
			}
			if use == "filter" && i%50 == 49 && box.HasTimer() {
				if err := box.Timer(1_795_341_600e9+int64(i)*60e9, false); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
