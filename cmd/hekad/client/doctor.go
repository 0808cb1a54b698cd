package client

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"heka/cmd/hekad/api"
)

// doctor is the command doctor.
type doctor struct {
	*base
	format string
	host   host

	state  string
	status *api.Status // nil: no daemon answers
	gone   error       // why
}

// host is what is asked of the machine.
type host struct {
	now    func() time.Time
	room   func(dir string) (room, error)
	files  func(pid int) (openFiles, error) // 0: of this process
	synced func() (yes, known bool)         // whether the clock is kept right
}

// room is what a file system has left.
type room struct {
	free, size   uint64 // bytes
	inodes, most uint64 // inodes that are free, and in all; 0: it has no such bound
}

// openFiles is how many files a process has open, and may have.
type openFiles struct{ open, most uint64 }

func newDoctor(b *base) *cobra.Command {
	d := &doctor{base: b, host: thisHost()}
	return d.command()
}

func (d *doctor) command() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [FLAGS]",
		Short: "look for what commonly is wrong, and say what to do",
		Example: `hekad doctor
hekad doctor --state /var/lib/hekad -o json | jq '.[] | select(.level != "ok")'`,
		Long: `Works without a running daemon too, on what is on disk. Status 1: something is bad.`,
		Args: words(0, "", ""),
		RunE: func(c *cobra.Command, _ []string) error { return d.run(c.Context()) },
	}
	c.Flags().StringVarP(&d.format, "as", "o", "table", "`FORMAT`: table or json")
	return c
}

func (d *doctor) run(ctx context.Context) error {
	if d.format != "table" && d.format != "json" {
		return mistake("want table or json", "-o %s", d.format)
	}
	d.state = d.folder()
	d.look(ctx)
	var all []finding
	for _, check := range []func() []finding{
		d.daemon, d.stateFolder, d.disk, d.descriptors, d.clock, d.nodes, d.spools, d.letters,
		d.positions,
	} {
		all = append(all, check()...)
	}
	if err := d.write(all); err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(f finding) bool { return f.Level == bad }) {
		return &Exit{Code: exitNo}
	}
	return nil
}

func (d *doctor) write(all []finding) error {
	if d.format == "json" {
		return writeJSON(d.Stdout, all)
	}
	p := painter(d.useColor(d.Stdout))
	var b strings.Builder
	for _, f := range all {
		b.WriteString(f.line(p) + "\n")
	}
	_, err := io.WriteString(d.Stdout, b.String())
	return err
}

// look asks the daemon, if there is one.
func (d *doctor) look(ctx context.Context) {
	c, err := d.dial()
	if err != nil {
		d.gone = err
		return
	}
	defer c.Close()
	s, err := c.Status(ctx)
	if err != nil {
		d.gone = err
		return
	}
	d.status = &s
}

// daemon says whether one runs, and how it is.
func (d *doctor) daemon() []finding {
	s := d.status
	if s == nil {
		return d.absent()
	}
	all := one(ok, "daemon", "", "hekad %s, process %d, up %s, %s of memory",
		s.Version, s.Pid, span(s.Now.Sub(s.Started)), bytes(s.Memory))
	if s.Refused > 0 {
		do := "hekad check " + s.Config + " says what is wrong, if it is still"
		all = append(all, one(warn, "daemon", do, "it has refused to reload %s", times(s.Refused))...)
	}
	return all
}

// absent says why no daemon answers.
func (d *doctor) absent() []finding {
	var gone *api.NoDaemon
	if !errors.As(d.gone, &gone) {
		return one(bad, "daemon", "", "%v", d.gone)
	}
	l := bad
	switch {
	case errors.Is(gone.Err, syscall.EACCES):
	case strings.HasPrefix(gone.Err.Error(), "no daemon runs"):
		l = warn
	}
	return one(l, "daemon", gone.Hint, "%v", gone.Err)
}

// stateFolder looks at the state folder itself.
func (d *doctor) stateFolder() []finding {
	const about = "state folder"
	info, err := os.Stat(d.state)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return one(warn, about, "hekad run makes it, or name another with --state",
			"%s is not there", d.state)
	case err != nil:
		return one(bad, about, "be the user that hekad runs as, or root", "%v", err)
	case !info.IsDir():
		return one(bad, about, "move it away", "%s is no folder", d.state)
	}
	mode := info.Mode().Perm()
	fix := "chmod 700 " + d.state
	switch {
	case mode&0o022 != 0:
		return one(bad, about, fix, "%s has mode %04o: others can change what is in it",
			d.state, mode)
	case mode&0o055 != 0:
		return one(warn, about, fix, "%s has mode %04o: others can read spools and dead letters",
			d.state, mode)
	}
	if st, is := info.Sys().(*syscall.Stat_t); is && d.status == nil && int(st.Uid) != os.Geteuid() {
		return one(warn, about, "run hekad as the same user each time",
			"%s belongs to user %d, and you are %d", d.state, st.Uid, os.Geteuid())
	}
	return one(ok, about, "", "%s is there, and nobody else can get at it", d.state)
}

// disk looks at what is left of the file system.
func (d *doctor) disk() []finding {
	r, err := d.host.room(d.state)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return one(warn, "disk", "", "see how full it is: %v", err)
	}
	l := fullness(r.free, r.size)
	if r.free < 64<<20 && r.size > 0 {
		l = bad
	}
	do := ""
	if l != ok {
		do = "make room: spools, positions and dead letters are written there"
	}
	all := one(l, "disk", do, "%s of %s are free at %s",
		bytes(int64(r.free)), bytes(int64(r.size)), d.state)
	if l := fullness(r.inodes, r.most); l != ok {
		all = append(all, one(l, "disk", "remove files: many small ones use inodes up",
			"%s of %s inodes are free", count(int64(r.inodes)), count(int64(r.most)))...)
	}
	return all
}

// fullness says how bad it is that so much is free of all.
func fullness(free, all uint64) level {
	switch {
	case all == 0:
		return ok
	case free < all/50:
		return bad
	case free < all/10:
		return warn
	}
	return ok
}

// minFiles is how many open files a daemon should be allowed.
const minFiles = 4096

// descriptors looks at the limit of open files.
func (d *doctor) descriptors() []finding {
	pid, whose := 0, "a program that you start"
	if d.status != nil {
		pid, whose = d.status.Pid, "hekad"
	}
	f, err := d.host.files(pid)
	const do = "ulimit -n 65536, or LimitNOFILE=65536 in the unit"
	switch {
	case err != nil:
		return nil // another user's
	case pid != 0 && f.open >= f.most-f.most/10:
		return one(bad, "open files", do, "%s has %d open of %d", whose, f.open, f.most)
	case f.most < minFiles:
		return one(warn, "open files", do, "%s may have %d: few, where many logs are read", whose, f.most)
	}
	return one(ok, "open files", "", "%s may have %d", whose, f.most)
}

// clock looks at the time.
func (d *doctor) clock() []finding {
	now := d.host.now()
	const about, do = "clock", "set the clock, and have chrony or timesyncd keep it"
	if now.Year() < 2020 {
		return one(bad, about, do, "it is %s", now.UTC().Format(time.RFC3339))
	}
	if name, t := newest(d.state); t.Sub(now) > time.Minute {
		return one(warn, about, do, "%s was written %s from now: the clock was set back",
			name, span(t.Sub(now)))
	}
	if yes, known := d.host.synced(); known && !yes {
		return one(warn, about, do, "it is %s, and nothing keeps it right",
			now.UTC().Format(time.RFC3339))
	}
	return one(ok, about, "", "it is %s", now.UTC().Format(time.RFC3339))
}

// nodes looks at what the daemon says of its nodes.
func (d *doctor) nodes() []finding {
	if d.status == nil {
		return nil
	}
	var all []finding
	for _, f := range troubles(d.status) {
		if !strings.HasSuffix(f.Text, "into its dead letters") { // letters says that, and more
			all = append(all, f)
		}
	}
	if len(all) == 0 {
		return one(ok, "nodes", "", "all is well with %s", plural(int64(len(d.status.Nodes)), "node"))
	}
	return all
}
