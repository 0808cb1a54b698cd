package lpeg

import (
	lua "github.com/yuin/gopher-lua"
	"heka/lib/sandbox/host"
	"os"
	"testing"
)

func BenchmarkNginx(b *testing.B) {
	L := lua.NewState()
	defer L.Close()
	host.NewMeter(L, host.Limits{Instructions: 1 << 60})
	L.SetGlobal("lpeg", Module.Open(L))
	src, _ := os.ReadFile("testdata/nginx.lua")
	if err := L.DoString(string(src)); err != nil {
		b.Fatal(err)
	}
	for _, name := range []string{"plain", "simple", "named", "ip"} {
		b.Run(name, func(b *testing.B) {
			p := L.GetGlobal(name)
			lines := L.GetGlobal("lines").(*lua.LTable)
			fn := L.GetField(L.GetGlobal("lpeg"), "match")
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				L.Push(fn)
				L.Push(p)
				L.Push(lines.RawGetInt(i%3 + 1))
				L.Call(2, 1)
				if L.Get(-1) == lua.LNil {
					b.Fatal("no match")
				}
				L.Pop(1)
			}
		})
	}
}
