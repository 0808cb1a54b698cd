package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// median returns the median of what f says of the results, and the smallest and
// the largest.
func (w *workload) median(f func(result) float64) (mid, low, high float64) {
	var all []float64
	for _, r := range w.results {
		all = append(all, f(r))
	}
	slices.Sort(all)
	return all[len(all)/2], all[0], all[len(all)-1]
}

// rate returns the throughput of run i in bytes a second.
func (w *workload) rate(i int) float64 {
	return float64(w.in.bytes) / w.results[i].wall.Seconds()
}

// report prints the table. Ratios are taken run by run, in each of which all
// workloads ran, and their median is shown.
func report(out io.Writer, all []*workload) {
	byName := map[string]*workload{}
	for _, w := range all {
		byName[w.name] = w
	}
	fmt.Fprintln(out, "| workload | MB/s (min - max) | Gbit/s of messages | ratio | CPU s/GB | peak MB |")
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- |")
	for _, w := range all {
		mid, low, high := w.median(func(r result) float64 {
			return float64(w.in.bytes) / 1e6 / r.wall.Seconds()
		})
		cpu, _, _ := w.median(func(r result) float64 {
			return r.cpu.Seconds() / (float64(w.in.bytes) / 1e9)
		})
		peak, _, _ := w.median(func(r result) float64 { return float64(r.peak) / 1e6 })
		ratio := ""
		if v := byName[w.versus]; v != nil {
			var q []float64
			for i := range w.results {
				q = append(q, w.rate(i)/v.rate(i))
			}
			slices.Sort(q)
			ratio = fmt.Sprintf("%.2f x %s", q[len(q)/2], w.versus)
		}
		gbit := ""
		if w.in.count > 0 {
			gbit = fmt.Sprintf("%.1f", mid*8/1e3)
		} else if w.in.messages > 0 {
			gbit = fmt.Sprintf("%.1f", mid*8/1e3*float64(w.in.messages)/float64(w.in.bytes))
		}
		fmt.Fprintf(out, "| %s | %.0f (%.0f - %.0f) | %s | %s | %.2f | %.0f |\n",
			w.name, mid, low, high, gbit, ratio, cpu, peak)
	}
	fmt.Fprintln(out)
	for _, w := range all {
		if w.shown != "" {
			fmt.Fprintf(out, "%s: `%s`\n", w.name, w.shown)
		}
	}
}

// latency prints how long a line takes from the write that appends it to a followed
// file to the other end of three programs.
func latency(out io.Writer, bin, dir string) error {
	path := filepath.Join(dir, "follow.log")
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	tail := command(bin, "heka-tail", "-f", "--from-start", path)
	decode, sink := command(bin, "heka-decode", "nginx"), command(bin, "heka-out", "-o", "json")
	if decode.Stdin, err = tail.StdoutPipe(); err != nil {
		return err
	}
	if sink.Stdin, err = decode.StdoutPipe(); err != nil {
		return err
	}
	end, err := sink.StdoutPipe()
	if err != nil {
		return err
	}
	for _, c := range []*exec.Cmd{tail, decode, sink} {
		if err := c.Start(); err != nil {
			return err
		}
		defer c.Wait()
		defer c.Process.Kill()
	}
	const n = 300
	r := bufio.NewReader(end)
	var took []time.Duration
	for i := range n {
		line := fmt.Sprintf("192.0.2.1 - - [01/Oct/2026:00:00:00 +0000] \"GET /%d HTTP/1.1\" 200 5 \"-\" \"-\"\n", i)
		began := time.Now()
		if _, err := f.WriteString(line); err != nil {
			return err
		}
		got, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.Contains(got, fmt.Sprintf("/%d", i)) {
			return fmt.Errorf("latency: line %d came out as %s", i, got)
		}
		took = append(took, time.Since(began))
		time.Sleep(5 * time.Millisecond)
	}
	slices.Sort(took)
	_, err = fmt.Fprintf(out, "\nlatency of a line, tail -f | decode | out: median %v, 99 %% %v\n",
		took[n/2].Round(10*time.Microsecond), took[n*99/100].Round(10*time.Microsecond))
	return err
}

// start prints how long a program takes to say its help.
func start(out io.Writer, bin string) error {
	var took []time.Duration
	for range 21 {
		c := command(bin, "heka-decode", "--help")
		began := time.Now()
		if err := c.Run(); err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	_, err := fmt.Fprintf(out, "start, heka-decode --help: median %v\n", took[10].Round(10*time.Microsecond))
	return err
}
