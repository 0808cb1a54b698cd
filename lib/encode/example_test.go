package encode_test

import (
	"fmt"

	"heka/lib/encode"
	"heka/lib/msg"
)

func Example() {
	m := msg.Message{
		Timestamp: 1790812800123000000, Type: "nginx.access", Severity: msg.DefaultSeverity,
		Hostname: "web01", Fields: []msg.Field{{Name: "status", Value: int64(200)}},
	}
	v, err := msg.Parse(m.Append(nil)[msg.HeaderSize:])
	if err != nil {
		panic(err)
	}
	for _, format := range []string{"json", "logfmt", "csv", "template"} {
		newEncoder, err := encode.New(format, encode.Options{Template: "%H:%M %{Type} %{status}"})
		if err != nil {
			panic(err)
		}
		fmt.Printf("%s", newEncoder().Append(nil, &v))
	}
	// Output:
	// {"Timestamp":"2026-10-01T00:00:00.123Z","Type":"nginx.access","Hostname":"web01","Fields":{"status":200}}
	// timestamp=2026-10-01T00:00:00.123Z type=nginx.access hostname=web01 status=200
	// Timestamp,Type,status
	// 2026-10-01T00:00:00.123Z,nginx.access,200
	// 00:00 nginx.access 200
}
