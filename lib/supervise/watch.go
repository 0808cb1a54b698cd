package supervise

import (
	"fmt"
	"time"
)

const (
	watchEvery = time.Second
	cpuSpan    = 10 // seconds over which cores are counted
	sayEvery   = 60 // seconds between two warnings
)

func (l *Limits) any() bool { return l.Memory > 0 || l.CPU > 0 || l.Files > 0 || l.Tasks > 0 }

// watch keeps the process, and all that it has started, within what the kernel does not
// see to. It returns when the process is gone.
func (p *process) watch() {
	l := &p.spec.Limits
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	was, said := 0.0, -sayEvery
	for n := 1; ; n++ {
		select {
		case <-p.gone:
			return
		case <-t.C:
		}
		u := p.used()
		if why, memory := l.broken(u); why != "" {
			p.err.spoke(memory)
			p.kill(why)
			return
		}
		if n%cpuSpan != 0 || l.CPU == 0 || p.group != nil {
			continue
		}
		cores := (u.CPU - was) / (cpuSpan * watchEvery.Seconds())
		if was = u.CPU; cores > l.CPU*1.1 && n-said >= sayEvery {
			said = n
			p.spec.logger().Warn(fmt.Sprintf("uses %.1f cores, beyond its limit of %.1f", cores, l.CPU),
				"node", p.spec.Name, "pid", p.pid)
		}
	}
}

// used returns what the process uses, without its keeper.
func (p *process) used() Usage {
	u := Used(p.pid)
	if p.cut != nil {
		var k Usage
		k.add(p.pid)
		u.Memory, u.Tasks = u.Memory-k.Memory, u.Tasks-k.Tasks
	}
	return u
}

// broken says which limit u is beyond, and whether it is that of memory; empty: none.
func (l *Limits) broken(u Usage) (why string, memory bool) {
	const mib = 1 << 20
	switch {
	case l.Memory > 0 && u.Memory > l.Memory:
		return fmt.Sprintf("memory of %d MiB is beyond its limit of %d MiB",
			u.Memory/mib, l.Memory/mib), true
	case l.Tasks > 0 && u.Tasks > l.Tasks:
		return fmt.Sprintf("%d processes and threads are beyond its limit of %d", u.Tasks, l.Tasks), false
	}
	return "", false
}
