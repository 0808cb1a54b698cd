package stdlib

import (
	"math"
	"os"
	"syscall"
	"time"

	lua "github.com/yuin/gopher-lua"

	"heka/lib/sandbox/host"
)

// openOs returns the table os. The time zone is UTC.
func openOs(L *lua.LState, env bool) lua.LValue {
	t := L.CreateTable(0, 5)
	install(L, t, functions{"clock": clock, "date": date, "difftime": difftime, "time": timeOf})
	if env {
		t.RawSetString("getenv", L.NewFunction(getenv))
	}
	return t
}

func getenv(L *lua.LState) int {
	v, ok := os.LookupEnv(host.String(L, 1, "getenv"))
	if !ok {
		return push(L, lua.LNil)
	}
	return push(L, text(v))
}

// clock returns the CPU time of the process in seconds.
func clock(L *lua.LState) int {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return push(L, numbers[0])
	}
	ns := r.Utime.Nano() + r.Stime.Nano()
	return push(L, number(float64(ns/1000)/1e6))
}

func difftime(L *lua.LState) int {
	a := host.Int(L, 1, "difftime")
	return push(L, number(float64(a-host.OptInt(L, 2, "difftime", 0))))
}

// timeOf returns the seconds since 1970: now, or those of a table.
func timeOf(L *lua.LState) int {
	if L.Get(1) == lua.LNil {
		return push(L, lua.LNumber(time.Now().Unix()))
	}
	t := host.Table(L, 1, "time")
	L.SetTop(1)
	second, minute := field(L, t, "sec", 0), field(L, t, "min", 0)
	hour := field(L, t, "hour", 12)
	day, month := field(L, t, "day", required), field(L, t, "month", required)
	year := field(L, t, "year", required)
	at := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix()
	if truth(L.GetField(t, "isdst")) {
		at -= 3600 // the hour is summer time, as C has it
	}
	if at == -1 {
		return push(L, lua.LNil)
	}
	return push(L, lua.LNumber(at))
}

const required = math.MinInt

// field returns a whole number of a table of os.time.
func field(L *lua.LState, t *lua.LTable, name string, def int) int {
	switch v := L.GetField(t, name).(type) {
	case lua.LNumber:
		return int(int32(host.ToInt(float64(v))))
	case lua.LString:
		host.Of(L).Step(L, len(v)/16)
		if f, ok := host.ParseNumber(string(v)); ok {
			return int(int32(host.ToInt(f)))
		}
	}
	if def == required {
		L.RaiseError("field '%s' missing in date table", name)
	}
	return def
}

func date(L *lua.LState) int {
	f := host.OptString(L, 1, "date", "%c")
	var seconds int
	if L.Get(2) == lua.LNil {
		seconds = int(time.Now().Unix())
	} else {
		seconds = int(toLong(host.Number(L, 2, "date")))
	}
	zone := "UTC"
	if f != "" && f[0] == '!' {
		zone, f = "GMT", f[1:]
	}
	const farthest = (math.MaxInt32 + 1900) * 31556952
	if seconds > farthest+1e8 || seconds < -farthest-1e8 {
		return push(L, lua.LNil)
	}
	d := civil{Time: time.Unix(int64(seconds), 0).UTC(), zone: zone}
	if y := d.Year(); y > math.MaxInt32+1900 || y < math.MinInt32+1900 {
		return push(L, lua.LNil)
	}
	if f == "*t" {
		return push(L, d.table(L))
	}
	host.Of(L).Step(L, len(f)/4)
	b := buffer{L: L, meter: host.Of(L), paid: 256}
	d.format(&b, f)
	b.meter.Alloc(L, len(b.b))
	return push(L, text(string(b.b)))
}

func (d *civil) table(L *lua.LState) *lua.LTable {
	host.Of(L).Alloc(L, 512)
	t := L.CreateTable(0, 9)
	for name, n := range map[string]int{
		"year": d.Year(), "month": int(d.Month()), "day": d.Day(), "hour": d.Hour(),
		"min": d.Minute(), "sec": d.Second(), "wday": int(d.Weekday()) + 1, "yday": d.YearDay(),
	} {
		t.RawSetString(name, integer(n))
	}
	t.RawSetString("isdst", no)
	return t
}
