package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"heka/lib/msg"
	"heka/lib/stage"
	"heka/lib/stage/stagetest"
)

// noon is the time at which tests begin, in nanoseconds since 1970 UTC.
var noon = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC).UnixNano()

// feed gives a stage what a test says: it is a stage.Reader.
type feed struct {
	env   *stage.Env
	steps []func() (*stage.Batch, error)
}

func newFeed() *feed { return &feed{env: &stage.Env{Live: true, Pool: stage.NewPool(4)}} }

func (f *feed) Read() (*stage.Batch, error) {
	if len(f.steps) == 0 {
		return nil, io.EOF
	}
	step := f.steps[0]
	f.steps = f.steps[1:]
	return step()
}

func (f *feed) send(interim bool, all ...msg.Message) *feed {
	f.steps = append(f.steps, func() (*stage.Batch, error) {
		b := f.env.Pool.Get()
		b.Interim = interim
		for i := range all {
			b.Off = append(b.Off, uint32(len(b.Buf)))
			b.Buf = all[i].Append(b.Buf)
		}
		return b, nil
	})
	return f
}

func (f *feed) tick(live bool) *feed {
	f.steps = append(f.steps, func() (*stage.Batch, error) {
		return f.env.Pool.Tick(noon, live), nil
	})
	return f
}

func (f *feed) fails(err error) *feed {
	f.steps = append(f.steps, func() (*stage.Batch, error) { return nil, err })
	return f
}

// onTerminal shows f on a terminal and returns it.
func onTerminal(t *testing.T, f *feed, width, height int) *model {
	t.Helper()
	m := newModel(t, width, height)
	k := look{color: true, screen: true, unicode: true, loc: time.UTC, width: width, height: height}
	size := func() (int, int) { return m.width, m.height }
	if err := newSink(f.env, m, k, true, size).Run(context.Background(), f, stagetest.Writer(nil)); err != nil {
		t.Fatal(err)
	}
	return m
}

// inPipe returns what is written of f to a pipe, without colour.
func inPipe(t *testing.T, f *feed, width int) string {
	t.Helper()
	var out bytes.Buffer
	k := look{loc: time.UTC, width: width, height: 24}
	f.env.Live = false
	size := func() (int, int) { return width, 24 }
	if err := newSink(f.env, &out, k, false, size).Run(context.Background(), f, stagetest.Writer(nil)); err != nil {
		t.Fatal(err)
	}
	if n := f.env.Stats.OutBytes.Load(); n != int64(out.Len()) {
		t.Errorf("%d bytes are counted, %d were written", n, out.Len())
	}
	return out.String()
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if want = strings.TrimPrefix(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// top returns rows of heka.top at sec seconds past noon: pairs of a text and a
// count.
func top(sec int, pairs ...any) []msg.Message {
	var rows []msg.Message
	for i := 0; i < len(pairs); i += 2 {
		n := pairs[i+1].(int)
		rows = append(rows, msg.Message{
			Type: "heka.top", Severity: 7, Timestamp: noon + int64(sec)*1e9,
			Fields: []msg.Field{
				{Name: "request", Value: pairs[i]},
				{Name: "count", Value: n, Rep: "count"},
				{Name: "percent", Value: float64(n) / 2, Rep: "%"},
			},
		})
	}
	return rows
}

// rate returns a row of heka.rate.
func rate(sec, n int) msg.Message {
	return msg.Message{
		Type: "heka.rate", Severity: 7, Timestamp: noon + int64(sec)*1e9,
		Fields: []msg.Field{
			{Name: "count", Value: n, Rep: "count"},
			{Name: "rate", Value: float64(n) / 3, Rep: "/s"},
		},
	}
}

func event(sec int, payload string) msg.Message {
	return msg.Message{Severity: 7, Timestamp: noon + int64(sec)*1e9, Payload: payload}
}

func TestResultTakesTheSnapshotsPlace(t *testing.T) {
	f := newFeed()
	for i := range 5 {
		f.tick(true).send(true, top(i, "GET /", 10*i, "GET /longer", i, "GET /third", 1)...)
	}
	f.send(false, top(9, "GET /", 100, "GET /b", 50)...)
	m := onTerminal(t, f, 50, 10)
	same(t, m.text(), `
request  count  percent
GET /      100    50.0%  █████████████████████████
GET /b      50    25.0%  ████████████▌
`)
	if n := f.env.Stats.Out.Load(); n != 2 {
		t.Errorf("%d messages are counted", n)
	}
}

func TestSnapshotShrinksAndGrows(t *testing.T) {
	f := newFeed()
	f.send(false, event(0, "before"))
	f.send(true, top(1, "a", 4, "b", 3, "c", 2, "d", 1)...)
	f.send(true, top(2, "a", 4)...)
	f.send(true, top(3, "a", 4, "b", 2)...)
	f.fails(context.Canceled) // what stays is the last frame
	m := newModel(t, 40, 10)
	k := look{screen: true, unicode: true, loc: time.UTC, width: 40, height: 10}
	err := newSink(f.env, m, k, true, func() (int, int) { return 40, 10 }).
		Run(context.Background(), f, stagetest.Writer(nil))
	if err != context.Canceled {
		t.Errorf("ended with %v", err)
	}
	same(t, m.text(), `
── 2026-10-01 ──
12:00:00.000 before
request  count  percent
a            4     2.0%  ███████████████
b            2     1.0%  ███████▌
`)
}

func TestSnapshotWithoutResultGoesAway(t *testing.T) {
	f := newFeed().send(true, top(1, "a", 4)...)
	same(t, onTerminal(t, f, 40, 10).text(), "\n\n")
}

func TestEventsScrollAboveTheSnapshot(t *testing.T) {
	f := newFeed()
	want := "── 2026-10-01 ──\n"
	for i := range 30 {
		f.send(false, event(i, "a line that is wider than the terminal"))
		f.send(true, top(i, "a", i, "b", 1)...)
		want += fmt.Sprintf("12:00:%02d.000 a line that is wi\nder than the terminal\n", i)
	}
	m := onTerminal(t, f.send(false, top(31, "a", 7)...), 30, 6)
	same(t, m.text(), want+"request  count  percent\na            7     3.5%\n")
}

func TestTallSnapshot(t *testing.T) {
	var pairs []any
	for i := range 40 {
		pairs = append(pairs, fmt.Sprint("row ", i), 40-i)
	}
	f := newFeed().send(false, event(0, "x"))
	f.send(true, top(1, pairs...)...).send(true, top(2, pairs...)...).fails(context.Canceled)
	m := newModel(t, 30, 6)
	k := look{screen: true, unicode: true, loc: time.UTC, width: 30, height: 6}
	newSink(f.env, m, k, true, func() (int, int) { return 30, 6 }).Run(context.Background(), f, stagetest.Writer(nil))
	same(t, m.text(), `
── 2026-10-01 ──
12:00:00.000 x
request  count  percent
row 0       40    20.0%
row 1       39    19.5%
row 2       38    19.0%
… 37 more
`)
}

// A terminal may think characters wider than we do: a snapshot must stay as many
// lines as were drawn.
func TestSnapshotOnTerminalOfOtherWidths(t *testing.T) {
	m := newModel(t, 24, 8)
	m.wide = func(s string) int {
		if s == "é" {
			return 2
		}
		return displayWidth(s)
	}
	f := newFeed()
	for i := range 3 {
		f.send(true, top(i, "éééééééééééééééééééé", 1, "b", 1)...)
	}
	f.send(false, event(9, "end"))
	f.send(true, top(4, "a", 4)...)
	f.send(false, top(5, "a", 4)...)
	k := look{screen: true, unicode: true, loc: time.UTC, width: 24, height: 8}
	newSink(f.env, m, k, true, func() (int, int) { return 24, 8 }).Run(context.Background(), f, stagetest.Writer(nil))
	same(t, m.text(), `
── 2026-10-01 ──
12:00:09.000 end
request  count  percent
a            4     2.0%
`)
}

func displayWidth(s string) int { return cells([]byte(s)) }

func TestWindowsOnTerminal(t *testing.T) {
	f := newFeed()
	for i := range 2 {
		f.send(true, top(10*i+5, "a", 1, "b", 1)...).tick(true)
		f.send(false, top(10*i+10, "a", 4, "b", 2)...).tick(false)
	}
	f.send(true, top(25, "a", 1)...).send(false, top(28, "a", 3, "b", 1)...)
	same(t, onTerminal(t, f, 30, 12).text(), `
2026-10-01 12:00:10
request  count  percent
a            4     2.0%
b            2     1.0%
2026-10-01 12:00:20
request  count  percent
a            4     2.0%
b            2     1.0%
2026-10-01 12:00:28
request  count  percent
a            3     1.5%
b            1     0.5%
`)
}

func TestWindowsOfOneRow(t *testing.T) {
	f := newFeed()
	for i := range 3 {
		f.send(true, rate(10*i+5, 10)).tick(true)
		f.send(false, rate(10*i+10, 100000*i)).tick(false)
	}
	f.send(false, event(31, "between")).send(false, rate(40, 7)).tick(false)
	same(t, onTerminal(t, f, 60, 12).text(), `
time                     count       rate
2026-10-01 12:00:10          0        0/s
2026-10-01 12:00:20    100,000   33,333/s
2026-10-01 12:00:30    200,000   66,667/s
── 2026-10-01 ──
12:00:31.000 between
time                     count       rate
2026-10-01 12:00:40          7    2.333/s
`)
}

func TestWindowsBelowASecond(t *testing.T) {
	f := newFeed()
	for i := range 3 {
		m := rate(0, i)
		m.Timestamp += int64(i+1) * 5e8
		f.send(false, m).tick(false)
	}
	same(t, inPipe(t, f, 60), `
time                         count       rate
2026-10-01 12:00:00.500          0        0/s
2026-10-01 12:00:01.000          1   0.3333/s
2026-10-01 12:00:01.500          2   0.6667/s
`)
}

func TestPipe(t *testing.T) {
	f := newFeed().send(true, top(1, "never", 1)...)
	f.send(false, top(1, "GET /", 12345, "GET /b", 3000)...)
	same(t, inPipe(t, f, 50), `
request  count  percent
GET /    12345  6172.5%  #########################
GET /b    3000  1500.0%  ######
`)
	f = newFeed().tick(false)
	for i := range 2 {
		f.send(false, top(10*i, "a", 4, "b", 2)...).tick(false)
	}
	same(t, inPipe(t, f, 36), `
2026-10-01 12:00:00
request  count  percent
a            4     2.0%  ###########
b            2     1.0%  ######
2026-10-01 12:00:10
request  count  percent
a            4     2.0%  ###########
b            2     1.0%  ######
`)
	f = newFeed().send(false, append(top(10, "a", 1, "b", 1), top(20, "a", 3, "c", 1)...)...)
	same(t, inPipe(t, f, 20), `
2026-10-01 12:00:10
request  count  percent
a            1     0.5%
b            1     0.5%
2026-10-01 12:00:20
request  count  percent
a            3     1.5%
c            1     0.5%
`)
}

// Without ticks a result is shown while the input is still open.
func TestPipeWithoutTicks(t *testing.T) {
	f := newFeed().send(false, top(10, "a", 1, "b", 1)...)
	f.env.Live = false
	r, w := io.Pipe()
	want := "2026-10-01 12:00:10\nrequest  count  percent\n" +
		"a            1     0.5%\nb            1     0.5%\n"
	got := make([]byte, len(want))
	f.steps = append(f.steps, func() (*stage.Batch, error) {
		_, err := io.ReadFull(r, got) // ends when the table has come
		if err != nil {
			t.Error(err)
		}
		return nil, io.EOF
	})
	k := look{loc: time.UTC, width: 20}
	s := newSink(f.env, w, k, false, func() (int, int) { return 20, 24 })
	if err := s.Run(context.Background(), f, stagetest.Writer(nil)); err != nil {
		t.Fatal(err)
	}
	same(t, string(got), want)
}

func TestErrorOfWrite(t *testing.T) {
	want := &wrapped{syscall.EPIPE}
	f := newFeed().send(false, event(0, "a")).send(false, event(0, "b"))
	k := look{loc: time.UTC, width: 20}
	s := newSink(f.env, failing{want}, k, false, func() (int, int) { return 20, 24 })
	if err := s.Run(context.Background(), f, stagetest.Writer(nil)); err != error(want) {
		t.Errorf("ended with %v", err)
	}
	f = newFeed().send(false, top(0, "a", 1)...)
	s = newSink(f.env, failing{want}, k, false, func() (int, int) { return 20, 24 })
	if err := s.Run(context.Background(), f, stagetest.Writer(nil)); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("ended with %v", err)
	}
}

type wrapped struct{ error }

func (w *wrapped) Unwrap() error { return w.error }

type failing struct{ err error }

func (w failing) Write([]byte) (int, error) { return 0, w.err }

// TestAcknowledges wants messages acknowledged when they are shown, and rows not while
// they are held: after each batch or tick, how many were.
func TestAcknowledges(t *testing.T) {
	f := func(want string, feed *feed) {
		t.Helper()
		var in []*stage.Batch
		for i, step := range feed.steps {
			b, err := step()
			if err != nil {
				t.Fatal(err)
			}
			if b.Tick == 0 {
				b.Ack = stage.Range{Source: 1, From: int64(i), To: int64(i) + 1}
			}
			in = append(in, b)
		}
		k := look{loc: time.UTC, width: 20}
		s := newSink(feed.env, io.Discard, k, false, func() (int, int) { return 20, 24 })
		told, err := stagetest.Told(t.Context(), s, in...)
		if got := strings.Trim(fmt.Sprint(told), "[]"); err != nil || got != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
	row := func(sec int) []msg.Message { return top(sec, "a", 1) }
	f("1 2 2", newFeed().send(false, event(0, "a")).send(false, event(0, "b")))
	f("0 0 2", newFeed().send(false, row(10)...).send(false, row(10)...))
	f("0 1 1", newFeed().send(false, row(10)...).tick(true))
	f("0 0 2 3 3", newFeed().send(false, row(10)...).send(false, row(10)...).
		send(false, row(20)...).tick(false))
	f("0 2 2", newFeed().send(false, row(10)...).send(false, event(0, "a")))
}

// TestDoesNotAcknowledge wants nothing acknowledged that a terminal did not take.
func TestDoesNotAcknowledge(t *testing.T) {
	f := newFeed().send(false, event(0, "a"))
	b, _ := f.steps[0]()
	b.Ack = stage.Range{Source: 1, To: 1}
	k := look{loc: time.UTC, width: 20}
	s := newSink(f.env, failing{syscall.EIO}, k, false, func() (int, int) { return 20, 24 })
	told, err := stagetest.Told(t.Context(), s, b)
	if !errors.Is(err, syscall.EIO) || told[0] != 0 {
		t.Error(told, err)
	}
}
