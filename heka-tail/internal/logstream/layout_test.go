package logstream

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// order gives the streams of paths, a line each, oldest file first.
func order(t testing.TB, o Options, paths ...string) string {
	t.Helper()
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	paths = slices.Clone(paths)
	rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	var places []Place
	for _, path := range paths {
		p, ok, err := l.Place(path)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			places = append(places, p)
		}
	}
	streams := Group(places)
	if err := l.Check(streams); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range streams {
		fmt.Fprintf(&b, "%s:", s.Name)
		for _, f := range s.Files {
			b.WriteString(" " + f.Path)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The layouts that the manual of Heka's logstreamer tells of.
func TestLayouts(t *testing.T) {
	f := func(o Options, want string) {
		t.Helper()
		paths := []string{"other.txt", "access.logs", "x/y/z"}
		for line := range strings.Lines(want) {
			paths = append(paths, strings.Fields(line)[1:]...)
		}
		if got := order(t, o, paths...); got != want {
			t.Errorf("%s:\n%swant\n%s", o.FileMatch, got, want)
		}
	}
	f(Options{Name: "syslog", FileMatch: `system\.log`}, "syslog: system.log\n")
	f(Options{FileMatch: `(?P<DomainName>[^/]+)-access\.log`,
		Differentiator: []string{"nginx.", "DomainName", ".access"}},
		"nginx.a.example.access: a.example-access.log\n"+
			"nginx.b.example.access: b.example-access.log\n")
	f(Options{Name: "web", FileMatch: `access\.log\.?(?P<Seq>\d*)`, Priority: []string{"^Seq"}},
		"web: access.log.12 access.log.11 access.log.2 access.log.1 access.log\n")
	f(Options{Name: "web", FileMatch: `access\.log(\.(?P<Seq>\d+))?(\.gz)?`,
		Priority:    []string{"^Seq"},
		Translation: map[string]map[string]int{"Seq": {"missing": 0}}},
		"web: access.log.10.gz access.log.3.gz access.log.2.gz access.log.1 access.log\n")
	f(Options{Name: "web", FileMatch: `(?P<Year>\d+)/(?P<Month>\d+)/(?P<Day>\d+)\.access\.log`,
		Priority: []string{"Year", "Month", "Day"}},
		"web: 2013/12/31.access.log 2014/08/2.access.log 2014/08/11.access.log 2014/10/01.access.log\n")
	f(Options{FileMatch: `(?P<Domain>[^/]+)/(?P<Year>\d+)/(?P<Month>\d+)/access\.log\.?(?P<Seq>\d*)`,
		Priority: []string{"Year", "Month", "^Seq"}, Differentiator: []string{"www-", "Domain", "-log"}},
		"www-frank.example-log:"+
			" frank.example/2014/08/access.log.2 frank.example/2014/08/access.log.1"+
			" frank.example/2014/08/access.log frank.example/2014/09/access.log.1"+
			" frank.example/2014/09/access.log\n"+
			"www-sally.example-log:"+
			" sally.example/2013/11/access.log sally.example/2014/01/access.log\n")
	f(Options{Name: "web", FileMatch: `(?P<Year>\d+)/(?P<MonthName>\w+)/access\.log\.?(?P<Seq>\d*)`,
		Priority: []string{"Year", "MonthName", "^Seq"}},
		"web: 2014/Sep/access.log 2014/october/access.log.1 2014/OCT/access.log "+
			"2014/Nov/access.log 2014/December/access.log\n")
	f(Options{Name: "week", FileMatch: `(?P<DayName>\w+)\.log`, Priority: []string{"DayName"}},
		"week: Mon.log tuesday.log Wed.log thu.log Friday.log sat.log Sunday.log\n")
	f(Options{Name: "web", FileMatch: `(?P<Month>\w+)/(?P<Day>\w+)/access\.log`,
		Priority: []string{"Month", "Day"},
		Translation: map[string]map[string]int{
			"Month": {"Hadukannas": 1, "turmar": 2, "karmabatas": 4, "karbasiyas": 6},
			"Day":   {"lunes": 1, "miercoles": 3, "jueves": 4, "sabado": 6}}},
		"web: Hadukannas/Lunes/access.log hadukannas/jueves/access.log Turmar/miercoles/access.log"+
			" Karmabatas/jueves/access.log Karbasiyas/sabado/access.log\n")
	f(Options{Name: "web", FileMatch: `access(-(?P<Year>\d{4})(?P<Month>\d\d)(?P<Day>\d\d))?\.log`,
		Priority:    []string{"Year", "Month", "Day"},
		Translation: map[string]map[string]int{"Year": {"missing": 9999}}},
		"web: access-20140803.log access-20140804.log access-20141001.log access.log\n")
	f(Options{Name: "web", FileMatch: `access(-(?P<Date>\d+))?\.log`, Priority: []string{"Date"}},
		// -1 is the oldest
		"web: access.log access-20140803.log access-20140804.log\n")
	// The translation goes before the names that are built in.
	f(Options{Name: "x", FileMatch: `(?P<MonthName>\pL+)\.log`, Priority: []string{"MonthName"},
		Translation: map[string]map[string]int{"MonthName": {"Jänner": 1, "märz": 3, "juni": 6}}},
		"x: jänner.log MÄRZ.log Juni.log\n")
	f(Options{Name: "x", FileMatch: `/(?P<N>\d+)\.log`, Priority: []string{"N"}},
		"x: 1.log 2.log 03.log 10.log\n")
	f(Options{Name: "x", FileMatch: `app-(?P<Seq>\d+)\.log|app\.log\.(?P<Seq>\d+)|app\.log`,
		Priority: []string{"^Seq"}},
		"x: app-12.log app.log.3 app-2.log app.log\n")
	f(Options{Name: "x", FileMatch: `a|b`, Differentiator: []string{"only"}}, "only: a\n")
	f(Options{Name: "all", FileMatch: `(?P<N>\d*)\.log`, Differentiator: []string{"N"}},
		"7: 7.log\nall: .log\n")
}

func TestPlaceErrors(t *testing.T) {
	translation := map[string]map[string]int{"LogNumber": {"23": 22, "999": 999}}
	l, err := New(Options{Name: "x",
		FileMatch: `(?P<MonthName>[^-]*)-(?P<DayName>[^-]*)-(?P<LogNumber>[^-]*)-(?P<Seq>[^-]*)`,
		Priority:  []string{"MonthName", "DayName", "LogNumber", "Seq"}, Translation: translation})
	if err != nil {
		t.Fatal(err)
	}
	f := func(path, want string) {
		t.Helper()
		p, ok, err := l.Place(path)
		if !ok || p.Path != path || p.Stream != "x" {
			t.Errorf("%s: %+v, %v", path, p, ok)
		}
		var pe *PlaceError
		if want == "" && err != nil || want != "" && (!errors.As(err, &pe) || pe.Path != path ||
			pe.Err.Error() != want) {
			t.Errorf("%s: %v; want %s", path, err, want)
		}
	}
	f("October-mon-23-1", "")
	f("oct-Sunday-999-", "")
	f("oct-Sunday-999-000000000000000000000000001", "")
	f("Octoberrr-mon-23-1", "Unable to locate month name: Octoberrr")
	f("-mon-23-1", "Unable to locate month name: missing")
	f("oct-moon-23-1", "Unable to locate day name: moon")
	f("oct-mon-24-1", "Value '24' not found in translation map 'LogNumber'.")
	f("oct-mon--1", "Value 'missing' not found in translation map 'LogNumber'.")
	f("oct-mon-23-1.gz", "'1.gz' of group 'Seq' is no whole number; give its number with --translate")
	f("oct-mon-23-+1", "'+1' of group 'Seq' is no whole number; give its number with --translate")
	f("oct-mon-23-1234567890123456789", "'1234567890123456789' of group 'Seq' has more than 18 digits")
	_, _, err = l.Place("Octoberrr-mon-23-1")
	if got, want := fmt.Sprint(err), `order file "Octoberrr-mon-23-1": Unable to locate `+
		`month name: Octoberrr`; got != want {
		t.Errorf("%s; want %s", got, want)
	}
	if _, ok, err := l.Place("x/October-mon-23"); ok || err != nil {
		t.Error("placed what does not match")
	}
}

func TestNew(t *testing.T) {
	f := func(o Options, want ...string) {
		t.Helper()
		_, err := New(o)
		if got, want := fmt.Sprint(err), strings.Join(want, "\n"); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	f(Options{}, "--file-match: `file_match` setting is required.")
	f(Options{FileMatch: `a(?P<Year>\d+`}, "--file-match: missing closing )",
		`    a(?P<Year>\d+`, `     ^ this group is not closed`)
	f(Options{FileMatch: `a)(b`}, "--file-match: unexpected )", `    a)(b`, `    ^`)
	f(Options{FileMatch: `ab**`}, "--file-match: invalid nested repetition operator",
		`    ab**`, `      ^`)
	f(Options{FileMatch: "\t[z-a]"}, "--file-match: invalid character class range",
		`    \t[z-a]`, `       ^`)
	f(Options{FileMatch: `x(?P<n-1>a)`}, "--file-match: invalid named capture",
		`    x(?P<n-1>a)`, "     ^ a named group is written (?P<Name>...)")
	f(Options{FileMatch: `a(?=b)`}, "--file-match: invalid or unsupported Perl syntax",
		`    a(?=b)`, "     ^ Go's expressions know no look-around and no back-references")
	f(Options{FileMatch: `(?P<Year>\d+)/(?P<Month>\d+)`,
		Priority:       []string{"Yaer", "^Months", "^", "Day"},
		Differentiator: []string{"nginx-", "moth", "Month"},
		Translation:    map[string]map[string]int{"Month": {"jan": 1}, "Sequence": {"missing": 1}},
		Oldest:         -1},
		"--translate: A translation map with one entry ('jan') must be specifying a 'missing' key.",
		`--translate: "Sequence" is no group of --file-match; there are Month, Year`,
		`--priority: "Yaer" is no group of --file-match; did you mean Year?`,
		`--priority: "Months" is no group of --file-match; did you mean Month?`,
		`--priority: "^" names no group`,
		`--priority: "Day" is no group of --file-match; there are Month, Year`,
		"--oldest: an age can't be negative")
	f(Options{FileMatch: `a(\d+)`, Priority: []string{"Seq"}},
		`--priority: "Seq" is no group of --file-match; it has none; name one with (?P<Seq>...)`)
	f(Options{FileMatch: `(?P<Host>\w+)`, Differentiator: []string{"nginx-", "Hots"}},
		`--differentiator: "Hots" is no group of --file-match; did you mean Host?`)
	f(Options{FileMatch: `(?P<Host>\w+)`, Differentiator: []string{"host-", "Host"}}, "<nil>")
	f(Options{FileMatch: `(?P<S>\w+)`,
		Translation: map[string]map[string]int{"S": {"A": 1, "a": 2, "b": 1e18}}},
		`--translate: "a" of S has two numbers, 1 and 2, since case does not count`,
		`--translate: "b" of S: 1000000000000000000 has more than 18 digits`)
}

func TestCheck(t *testing.T) {
	l, err := New(Options{Name: "web", FileMatch: `(?s).*\.log`})
	if err != nil {
		t.Fatal(err)
	}
	var places []Place
	for _, path := range []string{"d.log", "b.log", "a\n.log", "c.log"} {
		p, _, _ := l.Place(path)
		places = append(places, p)
	}
	if err := l.Check(Group(places[:1])); err != nil {
		t.Error(err)
	}
	want := `--priority: stream "web" has 4 files (a\n.log, b.log, c.log, ...)` +
		`, and nothing says which is older; ` +
		"name the groups to order them by, or tell streams apart with --differentiator"
	if err := l.Check(Group(places)); fmt.Sprint(err) != want {
		t.Errorf("%v; want %s", err, want)
	}
}

func TestTooOld(t *testing.T) {
	now := time.Unix(1e9, 0)
	f := func(oldest, age time.Duration, want bool) {
		t.Helper()
		l, err := New(Options{FileMatch: "x", Oldest: oldest})
		if err != nil {
			t.Fatal(err)
		}
		if got := l.TooOld(now.Add(-age), now); got != want {
			t.Errorf("oldest %v, age %v: %v", oldest, age, got)
		}
	}
	f(0, 1e6*time.Hour, false)
	f(time.Hour, time.Hour-1, false)
	f(time.Hour, time.Hour, true)
	f(time.Hour, -time.Hour, false)
}

// Equal numbers do not make the order a matter of chance.
func TestCompareTies(t *testing.T) {
	a, b := Place{Path: "a", Order: []int{1}}, Place{Path: "b", Order: []int{1}}
	if Compare(a, b) >= 0 || Compare(b, a) <= 0 || Compare(a, a) != 0 {
		t.Error("no order of equals")
	}
}

func TestWhy(t *testing.T) {
	l, err := New(Options{FileMatch: `/(?P<Year>\d+)/(?P<MonthName>\w+)/a\.log\.?(?P<Seq>.*)`,
		Priority: []string{"Year", "MonthName", "^Seq"}, Translation: Translation{"Seq": {"missing": 0}}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(path, want string) {
		t.Helper()
		if got := l.Why(path); got != want {
			t.Errorf("%s: %s; want %s", path, got, want)
		}
	}
	f("2026/Oct/a.log", "Year 2026, MonthName Oct = 10, newest first Seq missing = 0")
	f("2026/oct/a.log.03", "Year 2026, MonthName oct = 10, newest first Seq 03 = 3")
	f("2026/okt/a.log.x", "Year 2026, MonthName okt = ?, newest first Seq x = ?")
	f("b.log", "")
}

func FuzzPlace(f *testing.F) {
	f.Add(`(?P<A>\d*)-?(?P<B>\w*)`, "A,^B", "12-ab")
	f.Add(`/(?P<MonthName>.*)/x|y`, "MonthName", "jan/x")
	f.Add(`(?P<A>`, "", "\xff")
	f.Fuzz(func(t *testing.T, match, priority, path string) {
		keys, err := ParsePriority(priority)
		if err != nil {
			_ = err.Error()
			return
		}
		l, err := New(Options{Name: "n", FileMatch: match, Priority: keys})
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a text")
			}
			return
		}
		_ = l.Why(path)
		p, ok, err := l.Place(path)
		if ok && (p.Path != path || err == nil && len(p.Order) != len(keys)) || !ok && err != nil {
			t.Errorf("%+v, %v, %v", p, ok, err)
		}
	})
}

// many is 10,000 paths of a history, in no order.
func many() []string {
	var paths []string
	for n := range 10_000 {
		paths = append(paths, fmt.Sprintf("host%d.example/%d/%02d/access.log.%d",
			n%5, 2000+n/1000, n/84%12+1, n%84))
	}
	rand.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	return paths
}

func BenchmarkPlace10000(b *testing.B) {
	l, err := New(Options{
		FileMatch: `(?P<Host>[^/]+)/(?P<Year>\d+)/(?P<Month>\d+)/access\.log\.?(?P<Seq>\d*)`,
		Priority:  []string{"Year", "Month", "^Seq"}, Differentiator: []string{"nginx-", "Host"}})
	if err != nil {
		b.Fatal(err)
	}
	paths := many()
	b.ReportAllocs()
	for b.Loop() {
		places := make([]Place, 0, len(paths))
		for _, path := range paths {
			p, ok, err := l.Place(path)
			if !ok || err != nil {
				b.Fatal(path, err)
			}
			places = append(places, p)
		}
		if n := len(Group(places)); n != 5 {
			b.Fatal(n)
		}
	}
}
