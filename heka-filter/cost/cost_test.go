package cost

import (
	"strings"
	"testing"

	"heka/heka-filter/internal/keys"
	"heka/heka-filter/internal/verbtest"
	"heka/lib/match"
	"heka/lib/msg"
)

var in = []string{
	"t=1 Type=a s=200 Payload=0123456789", "t=2 Type=b s=404", "t=3 Type=a s=200", "t=12 Type=b s=500",
}

func TestCost(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Run(t, Kind, words, in, want)
	}
	f("", `heka.cost@12 count=4 bytes=232 percent=100.0 rate=21.0909 mean=58.0`)
	f("by Type",
		`heka.cost@12 Type="a" count=2 bytes=120 percent=51.7241 rate=10.9091 mean=60.0`,
		`heka.cost@12 Type="b" count=2 bytes=112 percent=48.2759 rate=10.1818 mean=56.0`)
	f(".s==200 .s>=0 by Type",
		`heka.cost@12 expr="Fields[s] == 200" Type="a" count=2 bytes=120 percent=51.7241 rate=10.9091 mean=60.0`,
		`heka.cost@12 expr="Fields[s] >= 0" Type="a" count=2 bytes=120 percent=51.7241 rate=10.9091 mean=60.0`,
		`heka.cost@12 expr="Fields[s] >= 0" Type="b" count=2 bytes=112 percent=48.2759 rate=10.1818 mean=56.0`)
	f("every 10s",
		`heka.cost@10 count=3 bytes=176 percent=100.0 rate=17.6 mean=58.6667`,
		`heka.cost@12 count=1 bytes=56 percent=100.0 rate=5.6 mean=56.0`)
	f("by Type --max-keys 1",
		`heka.cost@12 Type="a" count=2 bytes=120 percent=51.7241 rate=10.9091 mean=60.0`,
		`heka.cost@12 Type="(other)" count=2 bytes=112 percent=48.2759 rate=10.1818 mean=56.0`)
	f(".s==1")
}

func TestFields(t *testing.T) {
	c := newCosts(nil, keys.New(), true, 1000)
	var total int64
	for _, p := range verbtest.Bodies(100) {
		var v msg.View
		v.Reset(p)
		c.Add(&v)
		total += int64(len(p) + msg.HeaderSize)
	}
	var sum int64
	for i := range c.rows {
		sum += c.rows[i].bytes
	}
	if sum != total || c.total != total {
		t.Errorf("parts have %d bytes, messages %d, counted %d", sum, total, c.total)
	}
	verbtest.Run(t, Kind, "--fields --max-keys 2", []string{"s=200 ss=x s=1"}, []string{
		`heka.cost@0 part="Uuid" count=1 bytes=18 percent=29.0323 rate=18.0 mean=18.0`,
		`heka.cost@0 part="Timestamp" count=1 bytes=9 percent=14.5161 rate=9.0 mean=9.0`,
		`heka.cost@0 part="(other)" count=11 bytes=35 percent=56.4516 rate=35.0 mean=3.18182`})
}

func TestLongNames(t *testing.T) {
	long := strings.Repeat("n", 1000)
	c := newCosts(nil, keys.New(), true, 1000)
	for _, name := range []string{long, long + "x"} {
		m := msg.Message{Fields: []msg.Field{{Name: name, Value: int64(1)}}}
		var v msg.View
		v.Reset(m.Append(nil)[msg.HeaderSize:])
		c.Add(&v)
	}
	id, ok := c.table.Find([]byte("." + long[:maxName]))
	if !ok || c.rows[id].count != 2 || c.rows[id].bytes != 1004+1005 {
		t.Errorf("%v: %+v", ok, c.rows)
	}
}

func TestNothing(t *testing.T) { verbtest.Run(t, Kind, "by Type", nil, nil) }

func TestMistakes(t *testing.T) {
	f := func(words string, want ...string) {
		t.Helper()
		verbtest.Err(t, Kind, words, want...)
	}
	f("Type", `"Type"`, "did you mean by Type?")
	f(".s=", "cost:", "^")
	f("'Timestamp > now - 1h'", "relative to now")
	f("by", `"by"`)
	f("by Type within 5s", `"within"`)
	f("--max-keys 0", `"--max-keys 0"`)
}

func newBench(fields bool) *costs {
	v, _ := match.ParseVar(".status")
	x, err := match.Parse(".status >= 500")
	if err != nil {
		panic(err)
	}
	y, _ := match.Parse("Type == 'nginx.access'")
	return newCosts([]*match.Expr{x, y}, keys.New(v), fields, 1000)
}

func TestNoAllocs(t *testing.T) {
	verbtest.NoAllocs(t, newBench(false).Add)
	verbtest.NoAllocs(t, newBench(true).Add)
}

func BenchmarkCost(b *testing.B)   { verbtest.Bench(b, newBench(false).Add) }
func BenchmarkFields(b *testing.B) { verbtest.Bench(b, newBench(true).Add) }
