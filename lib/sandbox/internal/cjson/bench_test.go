package cjson

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
	"heka/lib/sandbox/internal/luatest"
)

// Documents that the benchmarks read and write.
var documents = []struct{ name, text string }{
	{"log", `{"time":"2026-10-10T13:55:36Z","host":"web01.example.com","method":"GET",` +
		`"path":"/index.html?q=1","status":200,"bytes":5120,"referer":"-","agent":` +
		`"Mozilla/5.0 (X11; Linux x86_64)","user":"-","duration":0.123,` +
		`"upstream":"10.0.0.1:8080","id":"a1b2c3d4"}`},
	{"nested", `{"a":{"b":{"c":[1,2,{"d":"e"}],"f":[]},"g":{"h":true,"i":false}},"j":[[1,2],` +
		`[3,4],[{"k":"l"},{"m":"n"}]],"o":{"p":{"q":{"r":{"s":"t"}}}}}`},
	{"numbers", "[" + strings.Repeat("1,-22,3.5,4444,0.125,", 20) + "1234567.25]"},
	{"large", largeDocument()},
}

// largeDocument returns 100 KB of records.
func largeDocument() string {
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; b.Len() < 100_000; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"user %d","email":"user%d@example.com","tags":`+
			`["a","b","c%d"],"active":%t,"score":%d.%d,"note":"line\nof \"text\""}`,
			i, i, i, i, i%2 == 0, i, i%100)
	}
	b.WriteByte(']')
	return b.String()
}

// benchLimits are those of a sandbox, with more output for the large document.
var benchLimits = host.Limits{Memory: 8 << 20, Output: 1 << 20, Instructions: 1_000_000}

func BenchmarkDecode(b *testing.B) {
	for _, doc := range documents {
		b.Run(doc.name, func(b *testing.B) {
			L := luatest.New(b, Module, benchLimits)
			decode := L.GetField(L.GetGlobal("cjson"), "decode")
			text := lua.LValue(lua.LString(doc.text))
			run(b, L, decode, text, len(doc.text))
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, doc := range documents {
		b.Run(doc.name, func(b *testing.B) {
			L := luatest.New(b, Module, benchLimits)
			cjson := L.GetGlobal("cjson")
			L.Push(L.GetField(cjson, "decode"))
			L.Push(lua.LString(doc.text))
			L.Call(1, 1)
			v := L.Get(-1)
			L.Pop(1)
			run(b, L, L.GetField(cjson, "encode"), v, len(doc.text))
		})
	}
}

// run calls fn with one argument. Beside the time it reports that of the
// processors, the collector's included, which is what BenchmarkOracle has.
func run(b *testing.B, L *lua.LState, fn, arg lua.LValue, size int) {
	meter := host.Of(L)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	start := processorTime(b)
	for b.Loop() {
		meter.Begin()
		L.Push(fn)
		L.Push(arg)
		L.Call(1, 1)
		L.Pop(1)
		meter.End()
	}
	b.ReportMetric(float64(processorTime(b)-start)/float64(b.N), "cpu-ns/op")
}

// processorTime returns the nanoseconds that the process has used.
func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkOracle does the same with lua5.1 and lua-cjson. Of each document it
// reports the nanoseconds of a call.
func BenchmarkOracle(b *testing.B) {
	const program = `
local cjson = require "cjson"
local function time(f, x, n)
  local t = os.clock()
  for i = 1, n do f(x) end
  return (os.clock() - t) / n * 1e9
end
for line in io.lines() do
  local n = math.floor(2e7 / #line)
  local v = cjson.decode(line)
  print(time(cjson.decode, line, n), time(cjson.encode, v, n))
end`
	var in strings.Builder
	for _, doc := range documents {
		in.WriteString(doc.text + "\n")
	}
	cmd := exec.Command("lua5.1", "-e", program)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		b.Skip("lua5.1 with lua-cjson is not installed: ", err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		var decode, encode float64
		if _, err := fmt.Sscan(line, &decode, &encode); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(decode, documents[i].name+"-decode-ns")
		b.ReportMetric(encode, documents[i].name+"-encode-ns")
	}
	b.ReportMetric(0, "ns/op")
}
