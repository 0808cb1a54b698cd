package rotation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		n := Of(name)
		got := n.Base
		if n.Number >= 0 {
			got += fmt.Sprint(" number ", n.Number)
		}
		if n.Date != "" {
			got += " date " + n.Date
		}
		if n.Packed {
			got += " packed"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	f("access.log", "access.log")
	f("access.log.1", "access.log number 1")
	f("access.log.0", "access.log number 0")
	f("access.log.12.gz", "access.log number 12 packed")
	f("access.log-20261122", "access.log date 20261122")
	f("access.log-20261122.zst", "access.log date 20261122 packed")
	f("access.log-20261122-1716336000.xz", "access.log date 202611221716336000 packed")
	f("access.log.2026-11-22", "access.log date 20261122")
	f("access.log_2026-11-22T10:15", "access.log date 202611221015")
	f("access-20261122.log", "access.log date 20261122")
	f("access-2026-11-22.log.gz", "access.log date 20261122 packed")
	f("app-2026-11-22T10-15-00.000.log", "app.log date 20261122101500000")
	f("access.log.old", "access.log")
	f("access.log.bak.gz", "access.log packed")
	f("access.log~", "access.log")
	f("access.log.gz", "access.log packed")
	f("worker-2.log", "worker-2.log")
	f("worker.2.log", "worker.2.log")
	f("syslog", "syslog")
	f("syslog.1", "syslog number 1")
	f("a1", "a1")
	f("1", "1")
	f(".1", ".1")
	f("20261122", "20261122")
	f("20261122.log", "20261122.log")
	f(".gz", ".gz")
	f("", "")
	f("x-", "x-")
	f("v1.2", "v1 number 2")
	f("a.1-2", "a.1 number 2")
}

func TestCompare(t *testing.T) {
	f := func(want string, ages ...Age) {
		t.Helper()
		for range len(ages) { // whatever the order they come in
			ages = append(ages[1:], ages[0])
			rising := Rising(ages)
			got := slices.SortedStableFunc(slices.Values(ages), func(a, b Age) int { return Compare(a, b, rising) })
			var names []string
			for _, a := range got {
				names = append(names, fmt.Sprintf("%s%d", a.Name.Date, a.Mtime))
			}
			if s := strings.Join(names, " "); s != want {
				t.Errorf("%s, want %s", s, want)
			}
		}
	}
	named := func(name string, mtime int64) Age { return Age{Name: Of(name), Mtime: mtime} }
	base := Age{Name: Of("a"), Base: true, Mtime: 1}
	plain := func(name string, mtime int64) Age {
		return Age{Name: Of(name), Mtime: mtime, Unpacked: true}
	}
	f("5 9 1", named("a.3", 5), named("a.2.gz", 9), base)
	f("9 5 1", named("a.3.gz", 9), named("a.2.gz", 5), base)              // packed since
	f("4 9 5 1", plain("a.3", 4), plain("a.2", 9), plain("a.1", 5), base) // written late
	f("5 8 9 1", plain("a.7", 5), plain("a.8", 8), plain("a.9", 9), base)
	f("202611209 202611215 1", named("a-20261120", 9), named("a-20261121", 5), base)
	f("5 9 1", named("a.old", 5), named("a.bak", 9), base)
	born := func(name string, born, mtime int64) Age {
		return Age{Name: Of(name), Born: born, Mtime: mtime, Unpacked: true}
	}
	f("9 5 1", born("a.old", 1, 9), born("a.bak", 2, 5), base)
	seen := func(look int, mtime int64) Age {
		return Age{Name: Of("a.1"), FirstSeen: look, Born: 100 - mtime, Mtime: mtime, Unpacked: true}
	}
	f("8 9 1", seen(1, 8), seen(2, 9), base)
}

func FuzzOf(f *testing.F) {
	for _, s := range []string{"a.log.1", "a-20261122.log.gz", "~", ".old", "1.1.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		n := Of(name)
		if n.Base == "" && name != "" {
			t.Errorf("%q has an empty base", name)
		}
		if len(n.Base) > len(name) || n.Number >= 0 && n.Date != "" {
			t.Errorf("%q: %+v", name, n)
		}
	})
}
