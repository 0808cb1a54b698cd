package sandbox

import (
	"fmt"
	"syscall"
	"testing"

	"heka/lib/msg"
	"heka/lib/sandbox/scripts"
)

// scripts that the benchmarks run: what a message costs, and what a call of the host.
const (
	emptyScript   = "function process_message() return 0 end"
	counterScript = `
local seen = {}
function process_message()
	local s = read_message("Fields[status]")
	seen[s] = (seen[s] or 0) + 1
	return 0
end`
	readsScript = `
local large = 0
function process_message()
	local status = read_message("Fields[status]")
	local addr = read_message("Fields[remote_addr]")
	local method = read_message("Fields[request_method]")
	local size = read_message("Fields[body_bytes_sent]")
	local typ = read_message("Type")
	if status == 200 and size > 4096 and method == "GET" and addr ~= "" and typ ~= "" then
		large = large + 1
	end
	return 0
end`
	cbufScript = `
require "circular_buffer"
local cb = circular_buffer.new(1440, 6, 60)
function process_message()
	cb:add(read_message("Timestamp"), read_message("Fields[status]") / 100, 1)
	return 0
end`
)

// accesses returns messages as heka-decode nginx makes them, and their mean length.
func accesses() (all []msg.View, size int) {
	all = make([]msg.View, 1000)
	for i := range all {
		m := msg.Message{
			Timestamp: 1790000000e9 + int64(i)*1e7, Type: "nginx.access", Logger: "access.log",
			Severity: 7, Hostname: "web-1.example.com",
			Fields: []msg.Field{
				{Name: "remote_addr", Value: fmt.Sprintf("203.0.113.%d", i%250)},
				{Name: "request", Value: fmt.Sprintf("GET /articles/%d/stone-cloud-paper HTTP/1.1", i)},
				{Name: "request_method", Value: []string{"GET", "GET", "POST", "HEAD"}[i%4]},
				{Name: "request_uri", Value: fmt.Sprintf("/articles/%d/stone-cloud-paper", i)},
				{Name: "server_protocol", Value: "HTTP/1.1"},
				{Name: "status", Value: int64([]int{200, 200, 200, 404, 500}[i%5])},
				{Name: "body_bytes_sent", Value: int64(i * 7919 % 20000)},
				{Name: "http_user_agent", Value: "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"},
			},
		}
		record := m.Append(nil)
		all[i].Reset(record[msg.HeaderSize:])
		size += len(record)
	}
	return all, size / len(all)
}

func BenchmarkProcess(b *testing.B) {
	status, ok := scripts.Find("filter", "http_status")
	if !ok {
		b.Fatal("http_status is not shipped")
	}
	f := func(name, source string) {
		b.Run(name, func(b *testing.B) {
			s := open(b, Filter, source, Config{})
			all, size := accesses()
			b.SetBytes(int64(size))
			b.ReportAllocs()
			began := processorTime(b)
			for i := 0; b.Loop(); i++ {
				if _, err := s.Process(&all[i%len(all)]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(processorTime(b)-began)/float64(b.N), "cpu-ns/op")
		})
	}
	f("empty", emptyScript)
	f("counter", counterScript)
	f("reads", readsScript)
	f("cbuf", cbufScript)
	f("http_status", status)
}

// processorTime returns the nanoseconds that the process has used, the collector's
// included: on a busy machine they say more than the clock.
func processorTime(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
