package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"heka/cmd/hekad/api"
	"heka/cmd/hekad/config"
	"heka/cmd/hekad/dynamic"
	"heka/cmd/hekad/report"
	"heka/cmd/hekad/service"
	"heka/lib/bus"
	"heka/lib/prog"
	"heka/lib/stage"
)

// Options are those of a Daemon.
type Options struct {
	Wings   []prog.Wing
	Path    string // file or folder of the configuration
	State   string // folder; empty: as the configuration says, or Default
	Default string
	Log     *slog.Logger
	Flush   func(now time.Time) // of the log, each second; may be nil
	Notify  *service.Notifier   // may be nil
	Signals *service.Signals    // may be nil

	// UntilDone ends the daemon when all sources have come to their end, and all is
	// delivered.
	UntilDone bool

	// Sockets are those that the service manager has opened; nil: none.
	Sockets *service.Sockets
}

// Daemon runs a configuration. It is an api.Daemon.
type Daemon struct {
	opt     Options
	log     *slog.Logger
	state   string
	build   atomic.Pointer[builder]
	bus     *bus.Bus
	marks   *bus.Marks
	events  *events
	self    report.Self
	loaded  *dynamic.Store
	null    *os.File
	pool    *stage.Pool // of the batches of all nodes
	orders  *bus.Port   // of who takes control messages; nil: nobody does
	started time.Time

	toldUnused bool // which sockets nobody has taken

	conf     atomic.Pointer[config.Config]
	reloads  atomic.Int64
	refused  atomic.Int64
	draining atomic.Bool
	late     atomic.Bool // something read was not delivered in time
	quit     chan struct{}
	quitOnce sync.Once

	change sync.Mutex // held while nodes are made, changed and ended
	kill   context.Context

	mu    sync.Mutex
	nodes []*node // in the order of the configuration; loaded ones behind

	reload reloads
}

// maxPooled is how many batches rest in the pool: 16 MiB.
const maxPooled = 64

// Load reads and checks a configuration as Run does.
func Load(wings []prog.Wing, path, state string) (*config.Config, error) {
	b := &builder{wings: wings, state: state}
	c, err := config.Load(path, config.Options{Check: b.check})
	if err != nil {
		return nil, err
	}
	return c, b.checkAddresses(c)
}

// Check is what config.Options wants: it says what is wrong with a node's command line.
func Check(wings []prog.Wing) func(n *config.Node) []config.Mistake {
	return (&builder{wings: wings, state: os.TempDir()}).check
}

// Run runs the daemon until it is stopped. It returns nil if all that was read was
// delivered, and ErrUnfinished if some is to be delivered the next time.
func Run(opt Options) error {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	d := &Daemon{opt: opt, log: opt.Log, quit: make(chan struct{}), started: time.Now(), pool: stage.NewPool(maxPooled)}
	c, err := Load(opt.Wings, opt.Path, opt.State)
	if err != nil {
		return err
	}
	d.conf.Store(c)
	d.state = StateOf(opt.State, c, opt.Default)
	if d.state, err = filepath.Abs(d.state); err != nil {
		return err
	}
	d.configure(&c.Hekad)
	lock, err := service.Take(d.state)
	if err != nil {
		return err
	}
	defer lock.Release()
	return d.run()
}

// StateOf returns the state folder: what the command line says, or the configuration,
// or def.
func StateOf(flag string, c *config.Config, def string) string {
	switch {
	case flag != "":
		return flag
	case c.Hekad.State != "":
		return c.Hekad.State
	}
	return def
}

// ErrUnfinished says that something that was read was not delivered: it is safe, and
// will be at the next start.
var ErrUnfinished = errors.New("stopped with messages that are not delivered: they are safe, start again")

// run runs the daemon, whose state folder is its own.
func (d *Daemon) run() (err error) {
	if d.null, err = os.Open(os.DevNull); err != nil {
		return err
	}
	defer d.null.Close()
	d.openMarks()
	d.bus = bus.New(bus.Options{
		MaxLoops: d.config().Hekad.MaxLoops, Marks: d.marks, Log: d.log,
		Gap: func(node string, g *gap) { d.events.gap(node, g) },
	})
	d.self.Every = d.config().Hekad.Report
	d.events = newEvents(d)
	d.events.port = d.bus.Attach(Self, bus.Offer{None: true, Hasty: true}, nil)
	if d.loaded, err = dynamic.Open(filepath.Join(d.state, "loaded"), d.config().Hekad.MaxFilters, d.log); err != nil {
		return err
	}
	defer d.loaded.Close()

	var cancel context.CancelFunc
	d.kill, cancel = context.WithCancel(context.Background())
	defer cancel()
	specs := append(slices.Clone(d.config().Nodes), d.loadedSpecs()...)
	if err := d.make(specs); err != nil {
		d.closeAll()
		return err
	}
	defer d.closeAll()

	sockets, err := d.controlSockets()
	if err != nil {
		return err
	}
	server, err := api.Serve(d.kill, d, api.ServeOptions{
		Sockets: sockets,
		State:   d.state, Listen: d.config().Hekad.Listen, Token: d.config().Hekad.TokenFile, Log: d.log,
		Mounts: d.mounts(),
	})
	if err != nil {
		return err
	}
	defer server.Close()
	stopOrders, err := d.takeOrders()
	if err != nil {
		return err
	}
	defer stopOrders()

	own := d.startEvents()
	d.startAll()
	d.log.Info("started", "state", d.state, "nodes", len(specs))
	d.opt.Notify.Ready(fmt.Sprintf("%d nodes", len(specs)))
	d.serve()
	d.opt.Notify.Stopping(d.config().Hekad.Grace)
	d.stopAll()
	close(d.events.stop)
	<-own
	d.saveMarks()
	if d.late.Load() {
		return ErrUnfinished
	}
	d.log.Info("stopped")
	return nil
}

// mounts are the paths beside the API's.
func (d *Daemon) mounts() []api.Mount {
	h := report.Handler(d.Status, &d.self.Watch)
	var all []api.Mount
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		all = append(all, api.Mount{Pattern: path, Handler: h, Open: path != "/metrics"})
	}
	return all
}

// builder makes the pipelines of nodes that start now.
func (d *Daemon) builder() *builder { return d.build.Load() }

// configure has nodes that start from now on take what g says of all.
func (d *Daemon) configure(g *config.Global) {
	d.build.Store(&builder{
		wings: d.opt.Wings, state: d.state, dirs: g.ModuleDirs, hostname: g.Hostname, keys: g.Keys,
	})
}

func (d *Daemon) config() *config.Config { return d.conf.Load() }

// hostname returns that of messages which name no other.
func (d *Daemon) hostname() string {
	if name := d.config().Hekad.Hostname; name != "" {
		return name
	}
	name, _ := os.Hostname()
	return name
}

// all returns the nodes.
func (d *Daemon) all() []*node {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.nodes)
}

// node returns the node of this name; nil if there is none.
func (d *Daemon) node(name string) *node {
	for _, n := range d.all() {
		if n.spec.Name == name {
			return n
		}
	}
	return nil
}

// make makes nodes, all before any is started: none misses what another emits first.
func (d *Daemon) make(specs []config.Node) error {
	defer d.bus.Begin()()
	for i := range specs {
		p, err := d.newPlace(&specs[i])
		if err != nil {
			return fmt.Errorf("node %s: %w", specs[i].Name, err)
		}
		d.mu.Lock()
		d.nodes = append(d.nodes, d.newNode(specs[i], p))
		d.mu.Unlock()
	}
	return d.vouch()
}

// startAll starts the nodes, those that read first.
func (d *Daemon) startAll() {
	for _, sources := range []bool{false, true} {
		for _, n := range d.all() {
			if n.spec.Source() == sources {
				n.start(d.kill)
			}
		}
	}
}

func (d *Daemon) closeAll() {
	for _, n := range d.all() {
		n.place.leave(d)
	}
}

// startEvents starts the daemon's own source.
func (d *Daemon) startEvents() (done chan struct{}) {
	done = make(chan struct{})
	go func() {
		defer close(done)
		e := d.events
		if err := stage.Run(d.kill, e.env, e, e.port.Outlet()); err != nil && d.kill.Err() == nil {
			d.log.Error("the daemon does not report on itself any more", "err", err)
		}
	}()
	return done
}

// openMarks reads how far nodes were given what others publish. If positions of a source
// are gone, somebody wants it all again.
func (d *Daemon) openMarks() {
	m, err := bus.LoadMarks(d.marksPath())
	if err != nil {
		d.log.Warn("messages may come again that nodes have had", "err", err)
	}
	for _, n := range d.config().Nodes {
		if dir := d.builder().positions(&n); dir != "" {
			if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
				m = bus.NewMarks()
				break
			}
		}
	}
	d.marks = m
}

func (d *Daemon) marksPath() string { return filepath.Join(d.state, "marks") }

func (d *Daemon) saveMarks() {
	if err := d.marks.Save(d.marksPath()); err != nil {
		d.log.Error("messages would come again after a crash that nodes have had", "err", err)
	}
}
