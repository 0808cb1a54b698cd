package daemon

import (
	"slices"

	"heka/lib/prog"
)

// Who has signed a message is in a field of it, which heka-tail heka:// sets when it has
// verified that. Any decoder or script could set it as well. So a node that goes by signers
// is offered only what comes from nodes that are such a source, and nothing behind it:
// they vouch for the field.

// linkKind is the kind of sources that verify signatures.
const linkKind = "heka"

// vouches reports whether job is one heka-tail of heka:// and nothing else.
func vouches(job *prog.Job) bool {
	if len(job.Steps) != 1 || job.Steps[0].Command == nil {
		return false
	}
	c := job.Steps[0].Command
	return c.Wing.Role == prog.Source && slices.Equal(c.Kinds(), []string{linkKind})
}

// vouching returns the names of the nodes on the bus that vouch for signers, those among
// from if that is not nil; not nil itself.
func (d *Daemon) vouching(from []string) []string {
	names := []string{}
	for _, n := range d.all() {
		if n.spec.Vouches && (from == nil || slices.Contains(from, n.spec.Name)) {
			names = append(names, n.spec.Name)
		}
	}
	return names
}

// vouch offers nodes that go by signers what comes from those that vouch for them now. It
// is called when nodes were made, and before any of them starts.
func (d *Daemon) vouch() error {
	for _, n := range d.all() {
		if n.spec.Signer == "" {
			continue
		}
		o, err := d.offer(&n.spec)
		if err != nil {
			return err
		}
		if n.spool != nil {
			o.Spool = spooled{n.spool}
		}
		d.bus.Change(n.port, o)
	}
	if d.orders != nil {
		d.bus.Change(d.orders, d.ordersOffer())
	}
	return nil
}
